"""``lockgate rollback``: production goes back to a release, and only the pointer moves."""

from pathlib import Path

from lockgate.artifact import load
from lockgate.artifact.released import POINTER, RELEASES, Pointer, in_production, to_json
from lockgate.console import say
from lockgate.errors import BundleError, EnvironmentProblem, did_you_mean
from lockgate.releases import history, records, versions
from lockgate.releases.content import bring
from lockgate.releases.landing import Plan, alone, move
from lockgate.releases.tags import version_tag
from lockgate.storage import commits
from lockgate.storage.commands import git


def rollback(root: Path, version: str | None = None) -> str:
    """Put a released version back into production.

    Parameters
    ----------
    root : Path
        The checkout; edits in it stay as they are.
    version : str, optional
        Such as ``v1.0.0``; default: what was in production before.

    Returns
    -------
    str
        The version that is in production now.

    Raises
    ------
    BundleError
        When there is no such release, or it does not fit the code any more; production stays.
    EnvironmentProblem
        When there is nothing to go back to.
    """
    with alone(root):
        now = in_production(root)
        if now is None:
            raise EnvironmentProblem(
                "nothing is in production", where=str(POINTER), hint="lockgate release"
            )
        wanted = _known(root, version) if version else _before(root, now.version)
        if wanted == now.version:
            bring(root, wanted)
            say(f"{wanted} is in production already")
            return wanted
        _unedited(root)
        files = _files(root, wanted, _proved(root, wanted), now.version)
        commit = commits.commit_beside(root, files, f"Roll back to {wanted}")
        move(root, Plan(wanted, commit, [path.as_posix() for path in files]))
    say(f"{wanted} is in production, {now.version} was", style="green")
    say("share it: git push && git push --tags")
    return wanted


def _known(root: Path, version: str) -> str:
    known = [f"v{each}" for each in versions.released(root)]
    if version not in known:
        raise BundleError(
            f"there is no such release{did_you_mean(version, known)}",
            where=version,
            hint="lockgate releases lists them",
        )
    return version


def _before(root: Path, now: str) -> str:
    earlier = (move.version for move in history.moves(root))
    found = next((version for version in earlier if version not in ("", now)), None)
    if found is None:
        raise EnvironmentProblem(
            f"{now} is the only version that ever was in production", where=str(POINTER)
        )
    return found


def _proved(root: Path, version: str) -> str:
    """Load the release, which asks its golden rows, and return its model hash."""
    folder = bring(root, version)
    try:
        return load(folder).hash
    except BundleError as problem:
        tag = version_tag(version)
        raise BundleError(
            problem.what,
            where=problem.where,
            hint=f"serve it with the code that it was released with: git worktree add ../{version} "
            f"{tag} && cp -r {RELEASES / version} ../{version}/{RELEASES}, and there make serve; "
            "production is as it was",
        ) from problem


def _unedited(root: Path) -> None:
    names = (records.PATH.as_posix(), POINTER.as_posix())
    changed = git(root, "status", "--porcelain", "--", *names).stdout.splitlines()
    if changed:
        raise EnvironmentProblem(
            f"edited and not committed: {', '.join(line[3:] for line in changed)}",
            where=str(root.resolve()),
            hint="commit it, or undo it with git checkout",
        )


def _files(root: Path, version: str, model_hash: str, was: str) -> dict[Path, bytes]:
    story = (root / records.PATH).read_text(encoding="utf-8")
    return {
        records.PATH: records.add(story, records.rolled_back(version, was)).encode(),
        POINTER: to_json(Pointer(version=version, model_hash=model_hash)).encode(),
    }
