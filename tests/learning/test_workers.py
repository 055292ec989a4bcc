"""Processes that fit side by side."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from lockgate.features.target import target_values
from lockgate.learning.candidates import assembled
from lockgate.learning.folds import folds
from lockgate.learning.workers import workers
from lockgate.params import ModelParams
from tests.learning.crops import RIDGE, problem
from tests.project import CHECKOUT

LONG = """
from lockgate.learning.fit import fit
from tests.learning.crops import BOOSTING, ensemble, problem

if __name__ == "__main__":
    space = {"max_iter": {"low": 100000, "high": 200000}}
    long = BOOSTING.model_dump() | {"space": space, "params": {"early_stopping": False}}
    print("begun", flush=True)
    fit(problem(rows=2000), ensemble("best", {"trials": 50}, long=long))
"""


def test_answers_come_in_the_order_of_the_jobs() -> None:
    """Each job gets the answers for its own fold, or the reason why there are none."""
    given = problem()
    y = target_values(given.train, given.schema)
    parts = folds(given.train, y, given.schema, 3, seed=1)
    good, _ = assembled(given, RIDGE, y)
    bad, _ = assembled(given, ModelParams(regressor="tests.learning.picky.Broken"), y)
    with workers(given, y, parts) as crew:
        answers = list(crew.answers([(good, 2), (bad, 0), (good, 0)]))
    last, reason, first = answers
    assert (len(last), len(first)) == (len(parts[2][1]), len(parts[0][1]))
    assert isinstance(reason, str)
    assert "Broken cannot be fitted: KeyError" in reason
    assert np.corrcoef(np.asarray(first, float), y[parts[0][1]])[0, 1] > 0.9


def _fail_at_work() -> None:
    given = problem()
    y = target_values(given.train, given.schema)
    parts = folds(given.train, y, given.schema, 3, seed=1)
    with workers(given, y, parts) as crew:
        pipeline, _ = assembled(given, RIDGE, y)
        list(crew.answers([(pipeline, 0)]))
        raise KeyError("elsewhere")


def test_workers_end_when_the_work_fails() -> None:
    """An error in the middle of a search leaves no process behind, and no copy of the rows."""
    with pytest.raises(KeyError, match="elsewhere"):
        _fail_at_work()
    busy = [each for each in psutil.Process().children() if "LokyProcess" in _command(each)]
    assert busy == []


def test_an_interrupted_search_ends_at_once() -> None:
    """Ctrl-C ends every worker with the search, in the middle of a fit."""
    environment = os.environ | {"LOKY_MAX_CPU_COUNT": "2", "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-c", LONG]
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as search:
        workers = _awaited_workers(search)
        os.killpg(search.pid, signal.SIGINT)
        try:
            _, said = search.communicate(timeout=60)
        finally:
            search.kill()
    assert "KeyboardInterrupt" in said
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert alive == []


def _awaited_workers(search: "subprocess.Popen[str]") -> list[psutil.Process]:
    """Wait until two workers are at work."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = psutil.Process(search.pid).children()
        workers = [each for each in found if "LokyProcess" in _command(each)]
        if len(workers) == 2 and all(sum(each.cpu_times()[:2]) > 1 for each in workers):
            return workers
        time.sleep(0.1)
    search.kill()
    raise AssertionError("no workers")


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
