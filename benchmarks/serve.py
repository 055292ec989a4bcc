"""What the service costs: lockgate with all that it does, beside two services without it.

``python benchmarks/serve.py [SECONDS [ROUNDS [CHECKOUT]]]`` serves the bundle of the last run,
models/model, on one core, and asks it about rows of its test part with wrk on another one.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import serve_page as page
from load import Asked, Server, cores, loaded, missing, serving
from measure import CHECKOUT, ENVIRONMENT, HERE, say
from warm import requests

from lockgate.contract import Schema
from lockgate.tables import Columns, read_parquet

BUNDLE = Path("models", "model")
CONNECTIONS = (1, 8, 64)
JOURNAL = "journal.db"
ONE_ROWS = 512
TOLERANCE = 1e-9
# Counted, and never reached.
RATE = "1000000/second"
UVICORN = "-m uvicorn {app}:app --app-dir {folder} --loop uvloop --http httptools --no-access-log"


@dataclass(frozen=True)
class Question:
    """What each server is asked at a time; no `connections` of single rows means batches."""

    connections: int | None
    asked: dict[str, Asked]


@dataclass(frozen=True)
class Bodies:
    """The same rows as each server wants them."""

    one: list[bytes]
    batch: bytes


def main(seconds: int = 5, rounds: int = 3, checkout: Path = CHECKOUT) -> None:
    """Measure, and print the page."""
    if why := missing():
        say(f"serve: left out, because {why}")
        return
    bodies = {"plain": plain_bodies(checkout), "lockgate": our_bodies(checkout)}
    bodies["constant"] = bodies["lockgate"]
    with TemporaryDirectory() as folder, servers(Path(folder), checkout) as running:
        check_same(running, bodies)
        resting = running["lockgate"].megabytes()
        found = measured(running, questions(bodies), seconds, rounds)
        page.show(found, seconds, rounds)
        page.show_capacity(found)
        page.show_size(running["lockgate"], resting)
        page.show_journal(Path(folder) / JOURNAL)


@contextmanager
def servers(folder: Path, checkout: Path) -> Iterator[dict[str, Server]]:
    """Run the three on one core; a server that is not asked anything does not use it."""
    core, _ = _cores()
    secret, settings = guarded(folder)
    plain, constant = (
        [*UVICORN.format(app=app, folder=HERE).split(), "--port", "{port}"]
        for app in ("plain", "constant")
    )
    ours = ["-m", "lockgate.service"]
    key = {"authorization": f"Bearer {secret}"}
    with (
        serving(constant, "/docs", core, checkout, {}) as third,
        serving(plain, "/docs", core, checkout, {}) as first,
        serving(ours, "/ready", core, checkout, key, **settings) as second,
    ):
        yield {"plain": first, "lockgate": second, "constant": third}


def guarded(folder: Path) -> tuple[str, dict[str, str]]:
    """Return an API key, and the settings of a service with all that production has."""
    keys = folder / "keys.json"
    command = ["lockgate", "keys", "new", "benchmark", "predict", "--file", str(keys)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    settings = {
        "PORT": "{port}",
        "LOCKGATE_KEYS_FILE": str(keys),
        "LOCKGATE_JOURNAL": str(folder / JOURNAL),
        "LOCKGATE_DRAIN_SECONDS": "0",
        "LOCKGATE_RATE_PER_KEY": RATE,
        "LOCKGATE_RATE_PER_ADDRESS": RATE,
    }
    return done.stdout.strip(), settings


def our_bodies(checkout: Path) -> Bodies:
    """Return rows of the test part as requests of lockgate."""
    schema = Schema.from_json((checkout / BUNDLE / "schema.json").read_text(encoding="utf-8"))
    rows = requests(complete_rows(checkout), schema)
    return Bodies([_text(row) for row in rows[:ONE_ROWS]], _text({schema.entities: rows}))


def plain_bodies(checkout: Path) -> Bodies:
    """Return the features of the same rows, ready for the pipeline."""
    columns = complete_rows(checkout)
    names = _features(checkout)
    cells = (columns[name].tolist() for name in names)
    rows = [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]
    return Bodies([_text(row) for row in rows[:ONE_ROWS]], _text({"rows": rows}))


def complete_rows(checkout: Path) -> Columns:
    """Return rows of the test part without a missing value, repeated where they are few.

    The plain service would answer others wrongly: a null in a frame of one row has no type.
    """
    columns = read_parquet(checkout / "data" / "features" / "test.parquet")
    whole = np.ones(len(next(iter(columns.values()))), dtype=bool)
    for name in _features(checkout):
        values = columns[name]
        whole &= (values != "") if values.dtype.kind == "O" else ~np.isnan(values)
    return {name: np.resize(values[whole], page.BATCH) for name, values in columns.items()}


def questions(bodies: dict[str, Bodies]) -> list[Question]:
    """Return what is asked: single rows by some connections, by many, and batches."""
    found = []
    for connections in CONNECTIONS:
        asked = {name: Asked("/predict", each.one, connections) for name, each in bodies.items()}
        found.append(Question(connections, asked))
    batches = {
        name: Asked("/predict/batch", [each.batch], page.BATCH_CONNECTIONS)
        for name, each in bodies.items()
    }
    return [*found, Question(None, batches)]


def check_same(running: dict[str, Server], bodies: dict[str, Bodies]) -> None:
    """Make sure that lockgate and the plain service say the same."""
    theirs = _answer(running["plain"], bodies["plain"].batch)
    ours = _answer(running["lockgate"], bodies["lockgate"].batch)
    values = [next(iter(row.values())) for row in (_value(each) for each in ours["predictions"])]
    if isinstance(values[0], float) and not np.allclose(
        values, theirs["predictions"], rtol=TOLERANCE
    ):
        raise SystemExit("lockgate and the plain service differ")


def measured(
    running: dict[str, Server], asked: Sequence[Question], seconds: int, rounds: int
) -> page.Loads:
    """Ask each server each question, in turn, and keep the round in which it was fastest."""
    found: page.Loads = {}
    _, core = _cores()
    for turn in range(rounds + 1):
        say(f"serve: round {turn} of {rounds}" if turn else "serve: warming up")
        for question in asked:
            for name, server in running.items():
                load = loaded(server, question.asked[name], seconds if turn else 1, core)
                place = (question.connections, name)
                if turn and (place not in found or load.rate > found[place].rate):
                    found[place] = load
    return found


def _answer(server: Server, body: bytes) -> Any:
    headers = {"content-type": "application/json"} | server.headers
    url = f"http://127.0.0.1:{server.port}/predict/batch"
    with urlopen(Request(url, body, headers), timeout=60) as reply:
        return json.load(reply)


def _value(reply: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reply.items() if name.startswith("predicted_")}


def _features(checkout: Path) -> list[str]:
    manifest = json.loads((checkout / BUNDLE / "manifest.json").read_text(encoding="utf-8"))
    return [feature["name"] for feature in manifest["features"]]


def _text(rows: Any) -> bytes:
    return json.dumps(rows).encode()


def _cores() -> tuple[int, int]:
    found = cores()
    assert found
    return found


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *map(Path, sys.argv[3:]))
