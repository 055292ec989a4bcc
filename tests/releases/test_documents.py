"""The commands of docs/releases.md and docs/runbook.md do what they are there for."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer import Context
from typer.main import get_group

from lockgate.cli.app import app
from tests.project import CHECKOUT, Project
from tests.releases.conftest import retrain
from tests.service.processes import served

DOCUMENTS = ("docs/releases.md", "docs/runbook.md")
# Each has a test of its own.
NOT_HERE = {
    ".venv/bin/pytest tests/releases",
    "make story",
    "LOCKGATE_VERIFY_KEY=../release.pub make serve",
}
INSTEAD = {"make run": "dvc repro", "less ": "cat ", " NAME": " shop"}


def typed(document: str) -> Iterator[str]:
    """Return each line of the code blocks of a document, without its remark."""
    for line in (CHECKOUT / document).read_text(encoding="utf-8").splitlines():
        if line.startswith("    "):
            yield re.split(r"\s+# ", line.strip())[0]


def mentioned(document: str) -> Iterator[str]:
    """Return each of our commands that a sentence names."""
    text = (CHECKOUT / document).read_text(encoding="utf-8")
    yield from re.findall(r"`(lockgate [a-z][^`]*)`", text)


def here(command: str, url: str) -> str:
    """Return a command as it is typed in this project, with this service."""
    for said, done in {**INSTEAD, "localhost:8000": url.removeprefix("http://")}.items():
        command = command.replace(said, done)
    return command


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_is_typed(released: Project, tmp_path: Path, document: str) -> None:
    """Each command of a document's code blocks succeeds in a project with two releases."""
    if shutil.which("openssl") is None or shutil.which("curl") is None:
        pytest.skip("the commands need openssl and curl: Debian's packages of these names")
    released.git("init", "--quiet", "--bare", str(tmp_path / "origin"))
    released.git("remote", "add", "origin", str(tmp_path / "origin"))
    released.git("push", "--quiet", "--set-upstream", "origin", "main", "--tags")
    released.run("lockgate", "keys", "new", "shop", "predict")
    seeds = iter(range(100, 200))
    with served(None, checkout=released.root, LOCKGATE_JOURNAL="off") as (_, url):
        for command in typed(document):
            if command in NOT_HERE:
                continue
            if command.startswith("make run"):
                released.write("params.yaml", released.read("params.yaml") | {"seed": next(seeds)})
            if "lockgate release --sign" in command:
                retrain(released, seed=next(seeds))
            released.run("sh", "-euc", here(command, url))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_is_mentioned(document: str) -> None:
    """Each of our commands that a sentence names exists, with its options and arguments."""
    group = get_group(app)
    for command in mentioned(document):
        words = shlex.split(command)[1:]
        known, arguments = group, words
        parent = Context(group, info_name="lockgate")
        while hasattr(known, "commands"):
            _, known, arguments = known.resolve_command(parent, arguments)
            assert known is not None, command
        if arguments or "..." not in command:
            known.make_context(words[0], list(arguments), parent=parent, resilient_parsing=True)
