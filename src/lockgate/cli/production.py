"""What the doctor says of production: pointer, content, tags, and a move that was interrupted."""

from collections.abc import Iterator
from pathlib import Path

from lockgate.artifact.parts import open_parts
from lockgate.artifact.released import POINTER, RELEASES, Pointer, in_production, read_release
from lockgate.cli.findings import Finding
from lockgate.errors import BundleError
from lockgate.releases import tags
from lockgate.releases.landing import at_work, interrupted
from lockgate.storage.commands import git

MEND = "lockgate doctor --mend finishes it, or undoes it if somebody has committed since"
CHECKOUT = "dvc checkout --force {path}.dvc, or after lockgate pull"
TAGS = "git fetch --tags; or the next release or rollback sets them right"


def production(root: Path) -> Iterator[Finding]:
    """Look whether what is in production is whole, and said to be so everywhere."""
    yield from _moving(root)
    try:
        pointer = in_production(root)
    except BundleError as problem:
        yield Finding("wrong", str(problem))
        return
    if pointer is None:
        yield Finding("ok", "nothing is released; the service serves models/model")
        return
    faults = [*_content(root, pointer), *_tags(root, pointer), *_edited(root)]
    yield from faults or [Finding("ok", f"{pointer.version} is in production, whole and tagged")]


def _moving(root: Path) -> Iterator[Finding]:
    if at_work(root):
        yield Finding("warning", "a release or rollback is at work", "wait until it has ended")
    elif plan := interrupted(root):
        yield Finding("wrong", f"a move of production to {plan.version} was interrupted", MEND)


def _content(root: Path, pointer: Pointer) -> Iterator[Finding]:
    path = RELEASES / pointer.version
    try:
        recorded = read_release(root, pointer.version).model_hash
        found = open_parts(root / path).hash
    except BundleError as problem:
        text = f"{pointer.version} is in production, and is not whole: {problem.what}"
        yield Finding("wrong", text, CHECKOUT.format(path=path))
        return
    if not found == recorded == pointer.model_hash:
        text = f"{POINTER} means {pointer.model_hash[:12]}, {path} holds {found[:12]}, and "
        text += f"{recorded[:12]} was released"
        yield Finding("wrong", text, CHECKOUT.format(path=path))


def _tags(root: Path, pointer: Pointer) -> Iterator[Finding]:
    if not (root / ".git").exists():
        return
    commit = tags.commit_of(root, pointer.version)
    if not commit:
        yield Finding("warning", f"{pointer.version} is in production and has no tag", TAGS)
    elif tags.in_production(root) != commit:
        text = f"{pointer.version} is in production, and GTO's newest tag says another version"
        yield Finding("warning", text, TAGS)


def _edited(root: Path) -> Iterator[Finding]:
    if git(root, "status", "--porcelain", "--", POINTER.as_posix()).stdout:
        text = f"{POINTER} is edited and not committed: git does not know what is in production"
        yield Finding("wrong", text, f"git checkout -- {POINTER}, and then lockgate rollback")
