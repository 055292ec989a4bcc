"""``lockgate release``: content is stored and proved first, then production moves in one step."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockgate.artifact import Bundle
from lockgate.artifact.released import (
    POINTER,
    RELEASES,
    Pointer,
    Release,
    Step,
    read_release,
    to_json,
)
from lockgate.artifact.signing import sign
from lockgate.console import say
from lockgate.contract import Schema
from lockgate.errors import Rejected
from lockgate.releases import records, tags, versions
from lockgate.releases.content import bring
from lockgate.releases.landing import Plan, alone, move
from lockgate.releases.readiness import BUNDLE, VERDICT, ready
from lockgate.storage import commits
from lockgate.storage.clone import settings_like
from lockgate.storage.remote import opened
from lockgate.storage.transfer import deliver
from lockgate.tables import read_json
from lockgate.tables.paths import scratch

METRICS = Path("metrics", "evaluate.json")
CONFIDENCE = Path("metrics", "evaluation", "confidence.json")
CARD = Path("plots", "model_card.md")
DEPENDENCIES = Path("requirements", "base.txt")


@dataclass(frozen=True)
class Stage:
    """A copy of the checkout in which a release is put together, and DVC's settings there."""

    root: Path
    settings: dict[str, Any]


def release(root: Path, key: Path | None = None) -> Release:
    """Release models/model: store it, prove that it can be had back, and put it in production.

    Nothing in the checkout changes before the proof. After a crash at any point, the next command
    that moves production finishes or undoes it.

    Parameters
    ----------
    root : Path
        The checkout.
    key : Path, optional
        Ed25519 private key to sign the release with.

    Returns
    -------
    Release

    Raises
    ------
    Rejected
        When the gate's verdict on exactly these bytes is not ``passed``, when they are released
        already, or when the remote does not give back what was pushed.
    EnvironmentProblem
        When something is not committed, another release is at work, or key or remote cannot be
        used.
    """
    with alone(root):
        bundle = ready(root)
        made = _describe(root, bundle)
        signature = sign(to_json(made).encode(), key) if key else b""
        say(f"Releasing models/model as {made.version}: {'; '.join(made.reasons)}")
        with _staged(root) as stage:
            pin = _store(stage, root, made.version)
            deliver(stage.root, stage.settings)
            files = _files(root, made, pin, signature)
            commit = commits.commit_beside(root, files, f"Release {made.version}")
            _place(stage, root, made.version)
            move(root, Plan(made.version, commit, [path.as_posix() for path in files]))
    say(f"{made.version} is in production", style="green")
    say("share it: git push && git push --tags")
    return made


def _describe(root: Path, bundle: Bundle) -> Release:
    before = _newest(root)
    step, reasons = _step(root, before, bundle)
    if before and before.model_hash == bundle.hash:
        raise Rejected(
            f"this model is {before.version} already",
            where=str(BUNDLE),
            hint=f"lockgate rollback {before.version} puts it in production if it is not",
        )
    last = versions.released(root)[-1] if before else None
    version = f"v{versions.next_version(last, step)}"
    _refuse_taken(root, version)
    return Release(
        version=version,
        previous=before.version if before else None,
        step=step,
        reasons=reasons,
        commit=commits.head(root),
        model_hash=bundle.hash,
        parts=bundle.manifest.parts,
        data_hash=bundle.manifest.data_hash,
        schema_hash=bundle.manifest.schema_hash,
        dependencies=hashlib.sha256((root / DEPENDENCIES).read_bytes()).hexdigest(),
        metrics=read_json(root / METRICS),
        confidence=read_json(root / CONFIDENCE),
        gate=read_json(root / VERDICT),
    )


def _refuse_taken(root: Path, version: str) -> None:
    if commit := tags.commit_of(root, version):
        raise Rejected(
            f"the next number is {version}, and that is commit {commit[:12]}, which is not part of "
            "this branch",
            where=tags.version_tag(version),
            hint=f"git merge {tags.version_tag(version)}, run and commit, then release",
        )


def _newest(root: Path) -> Release | None:
    known = versions.released(root)
    return read_release(root, f"v{known[-1]}") if known else None


def _step(root: Path, before: Release | None, bundle: Bundle) -> tuple[Step, tuple[str, ...]]:
    if before is None:
        return "major", ("the first release",)
    schema = bring(root, before.version) / "schema.json"
    old = Schema.from_json(schema.read_text(encoding="utf-8"))
    return versions.what_changed(before, bundle.manifest, old, bundle.schema)


@contextmanager
def _staged(root: Path) -> Iterator[Stage]:
    with opened(root) as repo, scratch(Path(repo.tmp_dir, "release")) as name:
        cache = repo.config["cache"] | {"dir": repo.cache.local_cache_dir}
        settings = settings_like(repo, cache, name / "site")
        commits.told(root, "clone", "--quiet", str(root.resolve()), str(name / "checkout"))
        yield Stage(name / "checkout", settings)


def _store(stage: Stage, root: Path, version: str) -> bytes:
    """Put the bundle into the cache, and return the .dvc file that names it."""
    folder = stage.root / RELEASES / version
    shutil.copytree(root / BUNDLE, folder)
    with opened(stage.root, stage.settings) as repo:
        repo.add([str(folder)])
    return folder.with_name(f"{version}.dvc").read_bytes()


def _files(root: Path, made: Release, pin: bytes, signature: bytes) -> dict[Path, bytes]:
    story = root / records.PATH
    before = read_release(root, made.previous) if made.previous else None
    told = records.add(
        story.read_text(encoding="utf-8") if story.exists() else "", records.released(made, before)
    )
    return {
        records.PATH: told.encode(),
        POINTER: to_json(Pointer(version=made.version, model_hash=made.model_hash)).encode(),
        RELEASES / f"{made.version}.dvc": pin,
        RELEASES / f"{made.version}.json": to_json(made).encode(),
        RELEASES / f"{made.version}.md": (root / CARD).read_bytes(),
        **({RELEASES / f"{made.version}.sig": signature} if signature else {}),
    }


def _place(stage: Stage, root: Path, version: str) -> None:
    """Put the content where the pointer will look for it, before the pointer says so."""
    target = root / RELEASES / version
    if target.exists():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    (stage.root / RELEASES / version).rename(target)
