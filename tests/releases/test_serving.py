"""A running service follows production: no restart, no error, no answer of two models."""

import threading
import time
from pathlib import Path

import httpx
import pytest

from lockgate.artifact.released import POINTER, in_production
from lockgate.predict import load_predictor
from lockgate.releases.rollback import rollback
from tests.project import Project
from tests.service.processes import eventually, served

ROW = {"sender": "s1", "sent_on": "2025-03-05", "weight": 12.5, "size": "large", "pieces": 2}
SWAPS = 20


def answers(project: Project) -> dict[str, float]:
    """Return what each release predicts."""
    folder = project.root / "models/releases"
    return {
        version: load_predictor(folder / version).predict(ROW).value
        for version in ("v1.0.0", "v1.1.0")
    }


def version(url: str) -> str:
    """Return the version that is served."""
    found: str = httpx.get(f"{url}/ready").json()["model_version"]
    return found


@pytest.mark.parametrize("workers", ["1", "2"])
def test_swaps_under_load(released: Project, workers: str) -> None:
    """Twenty rollbacks, back and forth: no error, and each answer is right for its version."""
    expected = answers(released)
    wrong: list[str] = []
    seen: set[str] = set()
    over = threading.Event()

    def load(url: str) -> None:
        with httpx.Client(base_url=url, timeout=20) as client:
            while not over.is_set():
                try:
                    reply = client.post("/predict", json=ROW)
                    found = reply.json()
                    seen.add(found["model_version"])
                    if found["predicted_cost"] != expected[found["model_version"]]:
                        wrong.append(reply.text)
                except (httpx.TransportError, LookupError, ValueError) as problem:
                    wrong.append(repr(problem))

    with served(None, checkout=released.root, WORKERS=workers) as (_, url):
        assert version(url) == "v1.1.0"
        callers = [threading.Thread(target=load, args=(url,)) for _ in range(3)]
        for each in callers:
            each.start()
        for _ in range(SWAPS):
            rollback(released.root)
        pointer = in_production(released.root)
        assert pointer is not None
        eventually(lambda: {version(url) for _ in range(10)} == {pointer.version})
        over.set()
        for each in callers:
            each.join(20)
    assert wrong == []
    assert seen == {"v1.0.0", "v1.1.0"}


def test_a_release_is_described(released: Project) -> None:
    """/model/info has the metrics and the card that the release was made with."""
    with served(None, checkout=released.root) as (_, url):
        info = httpx.get(f"{url}/model/info").json()
        made = released.read("models/releases/v1.1.0.json")
        assert info["version"] == "v1.1.0"
        assert info["metrics"]["mae"] == made["confidence"]["models"]["test"]["mae"]
        assert info["card"] == (released.root / "models/releases/v1.1.0.md").read_text("utf-8")


def test_a_model_that_cannot_be_loaded_is_not_taken(released: Project, tmp_path: Path) -> None:
    """A pointer to damaged content leaves the old model in place, and the log says why."""
    part = released.root / "models/releases/v1.0.0/golden.json"
    part.chmod(0o644)
    whole = part.read_bytes()
    part.write_bytes(b"{}")
    older = released.git("show", "model@v1.0.0:models/production.json")
    log = tmp_path / "log"
    with log.open("wb") as file, served(None, file, released.root) as (_, url):
        (released.root / POINTER).write_text(older)
        eventually(lambda: "production did not move" in log.read_text())
        assert version(url) == "v1.1.0"
        time.sleep(1.5)
        assert log.read_text().count("production did not move") == 1
        part.write_bytes(whole)
        eventually(lambda: version(url) == "v1.0.0")


def test_half_a_pointer_moves_nothing(released: Project) -> None:
    """A pointer that is being written, or is gone, is waited for."""
    with served(None, checkout=released.root) as (_, url):
        for text in ("{", ""):
            (released.root / POINTER).write_text(text)
            time.sleep(1.2)
            assert version(url) == "v1.1.0"
        (released.root / POINTER).unlink()
        time.sleep(1.2)
        assert version(url) == "v1.1.0"


def test_a_bundle_that_is_named_is_served(released: Project) -> None:
    """LOCKGATE_MODEL goes before what is in production, and does not follow it."""
    with served(released.root / "models/model", checkout=released.root) as (_, url):
        assert version(url).startswith("unreleased-")
        rollback(released.root)
        time.sleep(1.2)
        assert version(url).startswith("unreleased-")
