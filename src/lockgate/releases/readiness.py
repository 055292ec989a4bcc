"""What must be true of a checkout before its model may be released."""

import json
from pathlib import Path
from typing import Any

from lockgate.artifact import Bundle, load
from lockgate.artifact.released import RELEASES
from lockgate.errors import EnvironmentProblem, Rejected
from lockgate.storage.commands import dvc, git
from lockgate.tables import read_json

BUNDLE = Path("models", "model")
VERDICT = Path("metrics", "gate.json")
SHOWN = 5


def ready(root: Path) -> Bundle:
    """Return the bundle that the gate has passed, from a checkout that says how it was made.

    ``gate.enforce`` does not matter: only the verdict does.

    Raises
    ------
    EnvironmentProblem
        When something is not committed, no branch is checked out, or git knows no author.
    Rejected
        When a stage has to run first, or the verdict is not ``passed``.
    BundleError
        When the bundle is not whole or does not fit the code.
    """
    _known_author(root)
    _on_a_branch(root)
    _committed(root)
    _passed(root)
    _reproduced(root)
    return load(root / BUNDLE)


def _known_author(root: Path) -> None:
    if git(root, "var", "GIT_COMMITTER_IDENT").returncode:
        raise EnvironmentProblem(
            "git knows no name and email for the commit of the release",
            where=str(root.resolve()),
            hint="git config user.name NAME && git config user.email ADDRESS",
        )


def _on_a_branch(root: Path) -> None:
    if git(root, "symbolic-ref", "--quiet", "HEAD").returncode:
        raise EnvironmentProblem(
            "no branch is checked out, and nobody would find a release that is on none",
            where=str(root.resolve()),
            hint="git switch main, or git switch --create with another name",
        )


def _committed(root: Path) -> None:
    changed = [line[3:] for line in git(root, "status", "--porcelain").stdout.splitlines()]
    if changed:
        raise EnvironmentProblem(
            f"not committed: {_some(changed)}",
            where=str(root.resolve()),
            hint="a release says which commit made it: git add and git commit first",
        )


def _reproduced(root: Path) -> None:
    done = dvc(root, "status", "--json")
    try:
        stale: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise EnvironmentProblem(
            f"dvc status failed: {done.stderr.strip()}", where=str(root.resolve())
        ) from None
    changed = [name for name, what in stale.items() if not _only_absent(name, what)]
    if changed:
        raise Rejected(
            f"not what dvc.lock says: {_some(changed)}",
            where="dvc.lock",
            hint="dvc repro, then commit what it changed; dvc status tells more",
        )


def _only_absent(name: str, what: list[Any]) -> bool:
    """Whether it is an earlier release that workspace or cache lacks, which is no matter."""
    output = name.removesuffix(".dvc")
    absent = [[{"changed outs": {output: state}}] for state in ("deleted", "not in cache")]
    return what in absent and Path(output).parent == RELEASES


def _passed(root: Path) -> None:
    gate = read_json(root / VERDICT)
    if gate.get("verdict") != "passed":
        failed = [rule["rule"] for rule in gate.get("rules", []) if not rule["passed"]]
        raise Rejected(
            f"the gate has rejected this model: {_some(failed)}",
            where=str(VERDICT),
            hint="plots/report.html shows where it is weak",
        )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
