"""Hostile requests: each is answered, none with a server's error, and nothing of them stays."""

import json
import random
from typing import Any

from reliability.payloads import Payload, payloads
from reliability.plan import Plan, text
from reliability.score import Score
from reliability.served import Served, served
from reliability.wire import Connection, Lost, request

WHAT = "{} hostile requests: numbers, texts, shapes, batches, tensors, heads, framings"
ASKED = (
    "no 5xx, no dropped connection, no traceback logged, the same answers afterwards, "
    "growth below {} MB"
)
GROWTH = 30.0


async def hostile(plan: Plan) -> list[Score]:
    """Send each once to warm up, then all in another order as often as planned."""
    found = payloads(plan)
    async with served(plan.bundle, plan.folder / "hostile") as service:
        good = await _answer(service, plan)
        wrong = [each for payload in found if (each := await _wrong(service, payload))]
        before = service.megabytes()
        shuffled = random.Random(0)
        for _ in range(plan.rounds):
            shuffled.shuffle(found)
            wrong += [each for payload in found if (each := await _wrong(service, payload))]
        right = await _answer(service, plan) == good
        growth = service.megabytes() - before
        failures = len(service.lines("failed"))
    passed = not wrong and right and growth < GROWTH and not failures
    words = [f"{len(wrong)} wrong: {'; '.join(sorted(set(wrong))[:9])}" if wrong else "none wrong"]
    words += [f"{failures} logged as failures of the service"] if failures else []
    words += ["the same answers" if right else "OTHER ANSWERS", f"{growth:+.0f} MB"]
    figures = {"requests": len(found), "wrong": sorted(set(wrong)), "megabytes": round(growth, 1)}
    asked = ASKED.format(f"{GROWTH:g}")
    return [Score(WHAT.format(len(found)), asked, ", ".join(words), passed, figures)]


async def _wrong(service: Served, payload: Payload) -> str:
    """Return what is wrong with the answers to a payload, "" when nothing is."""
    try:
        async with Connection(service.port) as connection:
            replies = [await connection.ask(payload.sent)]
            replies += [await connection.read() for _ in range(payload.answers - 1)]
    except Lost as problem:
        return f"{payload.name}: {problem}"
    bad = [reply.status for reply in replies if reply.status not in payload.allowed]
    return f"{payload.name}: {bad[0]}" if bad else ""


async def _answer(service: Served, plan: Plan) -> Any:
    """Return what is predicted of the planned rows, without what differs from time to time."""
    sent = request("/predict/batch", text({plan.entities: plan.rows[:50]}))
    rows = json.loads((await service.ask(sent)).body)["predictions"]
    return [{k: v for k, v in row.items() if k != "prediction_id"} for row in rows]
