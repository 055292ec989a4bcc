"""Rows of requests that arrived at the same moment, predicted with one call of the model."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NamedTuple

from lockgate.predict import Answer, Row
from lockgate.service.answering import Outcome, answer, answered
from lockgate.service.exchange import Exchange
from lockgate.service.models import Loaded
from lockgate.service.turns import Turns


def asking(loaded: Loaded, turns: Turns) -> Callable[[Row, Exchange], Awaitable[Outcome]]:
    """Return what answers a checked row, as `lockgate.service.answering.answer` does.

    Parameters
    ----------
    loaded : Loaded
        The model. One that has to be waited for is asked for each row in a thread.
    turns : Turns
        Of which every request has one.
    """
    if loaded.deadline is None:
        return Gathering(loaded, turns).answer
    return partial(loaded.aside, answer, loaded)


# Turns of an idle loop, of some microseconds each.
PATIENCE = 4


class Gathering:
    """Takes together the rows that are there.

    What arrived at the same moment has its turn before the first of it is worked on, see
    `lockgate.service.admission.Turn.begin`. So a row that is not alone is kept to the loop's next
    turn, by when the others were checked too. All of them are answered in one turn then.

    Their clients may ask again at once, but not in the same instant: without any patience they fall
    into groups that miss each other for good. So there are a few more turns until as many have come
    as the last time.

    Parameters
    ----------
    loaded : Loaded
        The model that is asked; it answers at once.
    turns : Turns
        Of which every request has one.
    """

    def __init__(self, loaded: Loaded, turns: Turns) -> None:
        self._loaded = loaded
        self._turns = turns
        self._gathered: list[_Asked] = []
        self._expected = 1

    async def answer(self, row: Row, exchange: Exchange) -> Outcome:
        """Answer a checked row, as `lockgate.service.answering.answer` does."""
        if self._turns.at_work < 2 and self._expected < 2:
            return answer(self._loaded, row, exchange)
        loop = asyncio.get_running_loop()
        if not self._gathered:
            loop.call_soon(self._look, loop, PATIENCE)
        asked = _Asked(row, exchange, loop.create_future())
        self._gathered.append(asked)
        return await asked.outcome

    def _look(self, loop: asyncio.AbstractEventLoop, patience: int) -> None:
        if patience and len(self._gathered) < self._expected:
            loop.call_soon(self._look, loop, patience - 1)
        else:
            self._expected = len(self._gathered)
            self._answer()

    def _answer(self) -> None:
        # Who went away in the meantime is no longer asked for.
        gathered = [each for each in self._gathered if not each.outcome.done()]
        self._gathered.clear()
        answers = self._answers([each.row for each in gathered])
        for each, found in zip(gathered, answers, strict=True):
            try:
                each.outcome.set_result(self._outcome(each, found))
            except Exception as problem:
                each.outcome.set_exception(problem)

    def _answers(self, rows: Sequence[Row]) -> Sequence[Answer | None]:
        """Return what the model says of rows, None of those that it is to be asked one by one."""
        one_by_one = [None] * len(rows)
        # A breaker that is not closed admits one trial at most.
        if len(rows) < 2 or self._loaded.breaker.state != "closed":
            return one_by_one
        try:
            answers = self._loaded.predictor.answer_few(rows)
        except Exception:
            # The row that it is about raises it again, and the others shall not suffer for it.
            return one_by_one
        self._loaded.breaker.succeeded()
        return answers

    def _outcome(self, asked: "_Asked", found: Answer | None) -> Outcome:
        if found is None:
            return answer(self._loaded, asked.row, asked.exchange)
        return answered(self._loaded, [found], "primary", asked.exchange)


class _Asked(NamedTuple):
    """A row, and who is to be told of it."""

    row: Row
    exchange: Exchange
    outcome: asyncio.Future[Outcome]
