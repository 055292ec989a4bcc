"""The story of a model in production, played with real commands in a temporary clone.

Each step is a command that a user would type. The exit code is 1 as soon as one of them does not
do what the story tells.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lockgate.predict import Predictor, load_predictor
from lockgate.service.examples import example_row

ROOT = Path(__file__).resolve().parents[1]
CALLERS = 3
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Scenario:
    """What differs from table to table.

    Attributes
    ----------
    first, later : tuple of str
        Commands that bring the first deliveries, and those with which the second model is better.
    worse : str
        Command that makes params.yaml ask for a worse model.
    swaps : int
        Rollbacks under load, an odd number, so that the first version is served in the end.
    """

    first: tuple[str, ...]
    worse: str
    later: tuple[str, ...]
    swaps: int


HOUSES = Scenario(
    first=("lockgate prepare",),
    worse="sed -i 's/model: fast /model: ridge /' params.yaml",
    later=(
        "lockgate simulate --months 30",
        "dvc add --quiet data/raw",
        """sed -i 's/test_from: "2025-09-01"/test_from: "2026-02-01"/' params.yaml""",
    ),
    swaps=9,
)


class Otherwise(Exception):
    """Something is not as the story tells."""


@dataclass
class Stage:
    """The clone in which the story is played, and the date in the story.

    Commits and tags carry that date, so that months pass in a few minutes.
    """

    root: Path
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: float = field(default_factory=time.monotonic)

    def chapter(self, title: str, date: str) -> None:
        """Go on at a later date."""
        self.now = datetime.fromisoformat(f"{date}T09:00:00+00:00")
        print(f"\n{date}  {title}")

    def type(self, command: str, *, code: int = 0, show: str = r"\S") -> str:
        """Run a command and print the lines of its answer that match a pattern.

        Raises
        ------
        Otherwise
            When its exit code is another one.
        """
        print(f"  $ {command}", flush=True)
        self.now += timedelta(minutes=1)
        done = subprocess.run(
            command, shell=True, cwd=self.root, env=self.environment(), capture_output=True,
            text=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        said = done.stdout + done.stderr
        if done.returncode != code:
            raise Otherwise(f"exit code {done.returncode} in place of {code}:\n{said}")
        for line in said.splitlines():
            if re.search(show, line):
                print(f"      {line.rstrip()}")
        return said

    def commit(self, message: str) -> None:
        """Commit what changed, if anything did."""
        self.type("git add --all")
        if self.quietly("git status --porcelain"):
            self.type(f"git commit --quiet --message '{message}'")

    def quietly(self, command: str) -> str:
        """Return what a command prints."""
        done = subprocess.run(
            command, shell=True, cwd=self.root, env=self.environment(), stdout=subprocess.PIPE,
            text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def environment(self) -> dict[str, str]:
        """Return the variables of each command: the clone's code, this Python, the story's date."""
        own = str(Path(sys.executable).parent)
        inherited = {name: value for name, value in os.environ.items() if "LOCKGATE" not in name}
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        date = self.now.isoformat()
        return inherited | {
            "PATH": os.pathsep.join([own, os.environ.get("PATH", os.defpath)]),
            "PYTHONPATH": str(self.root / "src"),
            "OMP_NUM_THREADS": "1",
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_DATE": date,
        }


def told(true: bool, what: str) -> None:
    """Say what has been found true.

    Raises
    ------
    Otherwise
        When it has not.
    """
    if not true:
        raise Otherwise(f"it is not so that {what}")
    print(f"  ok  {what}", flush=True)


def play(checkout: Path, scenario: Scenario) -> None:
    """Play the story in a temporary clone of what is committed in a checkout.

    Raises
    ------
    Otherwise
        When anything is otherwise than told.
    """
    with tempfile.TemporaryDirectory(prefix="lockgate-story-") as work:
        stage = Stage(Path(work, "clone"))
        subprocess.run(("git", "clone", "--quiet", checkout, stage.root), check=True)
        for setting in ("user.name Story", "user.email story@localhost"):
            stage.quietly(f"git config {setting}")
        if stage.quietly("git tag --list 'model@*'"):
            raise Otherwise("there is a release already; play it where there is none yet")
        _first_release(stage, scenario)
        _worse_model(stage, scenario)
        _better_model(stage, scenario)
        _rollback_under_load(stage, scenario)
        _history(stage)
        _reproduction(stage)
        print(f"\nAll as told, in {time.monotonic() - stage.started:.0f} seconds.")


def _first_release(stage: Stage, scenario: Scenario) -> None:
    stage.chapter("A first model", "2026-01-05")
    for command in scenario.first:
        stage.type(command, show="")
    stage.type("dvc repro", show="^passed: ")
    stage.commit("First candidate")
    stage.type("lockgate release", show="v1.0.0|Proved")
    told(_version(stage) == "v1.0.0", "v1.0.0 is in production")


def _worse_model(stage: Stage, scenario: Scenario) -> None:
    stage.chapter("A worse one is rejected", "2026-02-02")
    stage.type("lockgate incumbent", show="incumbent is")
    stage.commit("Candidates are compared with v1.0.0")
    stage.type("git switch --quiet --create worse")
    stage.type(scenario.worse)
    stage.type("dvc repro", code=255, show="^FAILED|is rejected")
    rules = json.loads((stage.root / "metrics/gate.json").read_bytes())["rules"]
    failed = {rule["rule"] for rule in rules if not rule["passed"]}
    told("incumbent" in failed, "the gate finds it worse than v1.0.0 on the same rows")
    stage.commit("Worse")
    stage.type("lockgate release", code=1)
    stage.type("git switch --quiet main && dvc checkout --quiet")
    told(_version(stage) == "v1.0.0", "v1.0.0 is in production still")


def _better_model(stage: Stage, scenario: Scenario) -> None:
    stage.chapter("New months arrive", "2026-07-01")
    for command in scenario.later:
        stage.type(command)
    stage.type("dvc repro", show="^passed: |^passed  incumbent")
    stage.commit("Second candidate")
    stage.type("lockgate release", show="v1.1.0|Proved")
    told(_version(stage) == "v1.1.0", "v1.1.0 is in production")
    said = stage.type("lockgate compare v1.0.0 v1.1.0", show="training rows |^On ")
    change = re.search(r"v1\.0\.0 by (\S+)%", said)
    told(change is not None and float(change[1]) < 0, "v1.1.0 errs less on rows new to both")


def _rollback_under_load(stage: Stage, scenario: Scenario) -> None:
    stage.chapter("Callers complain, and production goes back under load", "2026-07-15")
    load = Load(stage)
    with _served(stage) as port, load.at(port):
        _wait(lambda: "v1.1.0" in load.answers, "v1.1.0 answers")
        began = time.monotonic()
        stage.type("lockgate rollback")
        took = time.monotonic() - began
        _wait(lambda: "v1.0.0" in load.answers, "v1.0.0 answers")
        print(f"  ok  back after {took:.1f} s, answered by v1.0.0 after {_since(began):.1f} s")
        print(f"  and {scenario.swaps - 1} times more, forth and back")
        for _ in range(scenario.swaps - 1):
            stage.now += timedelta(minutes=1)
            stage.quietly("lockgate rollback")
        _wait(lambda: _is_served(port, "v1.0.0"), "v1.0.0 answers again")
    counts = ", ".join(f"{count:,} by {name}" for name, count in sorted(load.answers.items()))
    told(not load.wrong, f"no error, and each answer is right for its version: {counts}")


def _history(stage: Stage) -> None:
    stage.chapter("What was in production when?", "2026-08-01")
    stage.type("lockgate releases", show="^(version|v)")
    for day, answer in (
        ("2026-01-01", "Nothing was in production"),
        ("2026-03-31", "v1.0.0 was in production"),
        ("2026-07-10", "v1.1.0 was in production"),
        ("2026-07-31", "v1.0.0 was in production"),
    ):
        said = stage.type(f"lockgate releases --on {day}")
        told(said.startswith(answer), f"{answer.lower()} on {day}")
    shown = stage.type("gto show model#production")
    told("v1.0.0" in shown, "GTO names the same version")


def _reproduction(stage: Stage) -> None:
    stage.chapter("The first model is made again", "2026-08-02")
    said = stage.type("lockgate reproduce v1.0.0", show="^Cloning|byte for byte")
    told("byte for byte" in said, "v1.0.0 comes out the same, byte for byte")
    told(stage.quietly("git status --porcelain") == "", "git status is clean")
    told("up to date" in stage.quietly("dvc status"), "dvc.lock is in sync")


def _version(stage: Stage) -> str:
    found: str = json.loads((stage.root / "models/production.json").read_bytes())["version"]
    return found


class Load:
    """Callers that ask without a pause, and know what each version must answer.

    Attributes
    ----------
    answers : Counter
        Right answers by version.
    wrong : list of str
        All others, and each error.
    """

    def __init__(self, stage: Stage) -> None:
        folder = stage.root / "models/releases"
        models = {name: load_predictor(folder / name) for name in ("v1.0.0", "v1.1.0")}
        self._rows = [example_row(model.bundle) for model in models.values()]
        self._expected = {name: _predicted(model, self._rows) for name, model in models.items()}
        self.answers: Counter[str] = Counter()
        self.wrong: list[str] = []

    @contextmanager
    def at(self, port: int) -> Iterator[None]:
        """Ask at a port meanwhile."""
        over = threading.Event()
        callers = [threading.Thread(target=self._ask, args=(port, over)) for _ in range(CALLERS)]
        for each in callers:
            each.start()
        try:
            yield
        finally:
            over.set()
            for each in callers:
                each.join()

    def _ask(self, port: int, over: threading.Event) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        headers = {"Content-Type": "application/json"}
        while not over.is_set():
            for number, row in enumerate(self._rows):
                try:
                    connection.request("POST", "/predict", json.dumps(row), headers)
                    self._note(number, json.loads(connection.getresponse().read()))
                except (OSError, http.client.HTTPException, LookupError, ValueError) as problem:
                    self.wrong.append(repr(problem))
                    connection.close()

    def _note(self, number: int, answer: dict[str, object]) -> None:
        version = str(answer["model_version"])
        if self._expected[version][number].items() <= answer.items():
            self.answers[version] += 1
        else:
            self.wrong.append(json.dumps(answer))


def _predicted(model: Predictor, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    name = f"predicted_{model.bundle.schema.target.name}"
    return [{name: answer.value} for answer in model.predict(rows)]


@contextmanager
def _served(stage: Stage) -> Iterator[int]:
    print("  $ make serve", flush=True)
    settings = {"PORT": "0", "LOCKGATE_DRAIN_SECONDS": "0", "LOCKGATE_JOURNAL": "off"}
    server = subprocess.Popen(
        (sys.executable, "-m", "lockgate.service"), cwd=stage.root, text=True,
        env=stage.environment() | settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        greeting = server.stdout.readline()
        found = re.search(r":(\d+)$", greeting.split()[-1].rstrip("/") if greeting else "")
        told(found is not None, "the service has started")
        assert found is not None
        yield int(found[1])
    finally:
        server.terminate()
        server.communicate(timeout=PATIENCE_SECONDS)


def _is_served(port: int, version: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    connection.request("GET", "/ready")
    found: bool = json.loads(connection.getresponse().read())["model_version"] == version
    return found


def _wait(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise Otherwise(f"it is not so that {what}")
        time.sleep(0.02)


def _since(began: float) -> float:
    return time.monotonic() - began


def main() -> None:
    """Play the story with the bundled example."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkout", type=Path, default=ROOT, help="what is cloned")
    try:
        play(parser.parse_args().checkout, HOUSES)
    except Otherwise as problem:
        sys.exit(f"OTHERWISE: {problem}")


if __name__ == "__main__":
    main()
