"""``lockgate push`` and ``lockgate pull``: DVC's, with the proof that what is said is so."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lockgate.console import say
from lockgate.errors import Rejected
from lockgate.storage.cache import damaged
from lockgate.storage.clone import fresh_clone
from lockgate.storage.commands import git
from lockgate.storage.objects import Held, Item, fetch, listed, look, needed, read, sound
from lockgate.storage.remote import opened

MEND = "lockgate doctor --mend, where the cache has good copies, replaces bad objects"


def push(root: Path, *, quick: bool = False) -> None:
    """Push what dvc.lock and the .dvc files name, and prove that it can be pulled.

    The proof is a pull into a fresh clone with an empty cache: it downloads everything once.

    Parameters
    ----------
    root : Path
        The checkout.
    quick : bool
        Read nothing, and only compare sizes in the remote with those in the cache.

    Raises
    ------
    EnvironmentProblem
        When nothing is recorded yet, or the remote cannot be used.
    Rejected
        When an object is lost or damaged, or the remote does not give back what was pushed.
    """
    deliver(root, quick=quick)
    _remind_to_commit(root)


def deliver(root: Path, settings: dict[str, Any] | None = None, *, quick: bool = False) -> None:
    """Do what `push` does, with other `settings` of DVC than those of the checkout if given."""
    with opened(root, settings) as repo:
        held = look(needed(repo))
        _refuse_lost(held)
        _refuse("a list of files is damaged:", [one.item.path for one in held if one.misleading])
        if not quick:
            _refuse_damaged([one.item for one in held])
        pushed = repo.push()
        say(f"Pushed {pushed} of {len(held)} objects; the others are there already")
    with opened(root, settings) as repo:  # anew, because clients remember what they have once seen
        held = look(needed(repo)) if pushed else held
        _refuse("not whole:", _faults(held))
        if not quick:
            _prove(repo, held)


def _prove(repo: Any, held: Sequence[Held]) -> None:
    size = sum(one.there or 0 for one in held)
    say(f"Pulling {len(held)} objects, {size / 1e6:,.1f} MB, into a fresh clone")
    with fresh_clone(repo, size) as clone:
        absent = fetch(clone, [one.item for one in held])
    _refuse("a fresh clone does not get", [item.path for item in absent])
    say("Proved: a fresh clone gets every object, byte for byte")


def _remind_to_commit(root: Path) -> None:
    open_ends = git(root, "status", "--porcelain", "--", "dvc.lock", "dvc.yaml", "*.dvc").stdout
    if open_ends:
        changed = ", ".join(line[3:] for line in open_ends.splitlines())
        say(f"Not committed, so that no clone asks for it yet: {changed}", style="yellow")


def pull(root: Path, only: str = "", settings: dict[str, Any] | None = None) -> None:
    """Pull what dvc.lock and the .dvc files name, and make sure that it is there.

    Parameters
    ----------
    root : Path
        The checkout.
    only : str
        The tracked file or folder to pull; without it, all.
    settings : dict, optional
        Of DVC, that go before those of the checkout.

    Raises
    ------
    EnvironmentProblem
        When nothing is recorded yet, or the remote cannot be used, whatever the cache holds.
    Rejected
        When something did not arrive, or is damaged in the cache.
    """
    with opened(root, settings) as repo:
        items = needed(repo, only=only)
        held = look(items)
        _refuse_lost(held)
        misled = [one.item.path for one in held if one.misleading and one.here is None]
        _refuse("a list of files is damaged:", misled)
        _refuse_damaged(items)
        _refuse("no good copy arrived of", [item.path for item in fetch(repo, items, only)])
        missing = sum(one.here is None for one in held)
        say(f"Pulled {missing} of {len(items)} objects; the cache had the others")
    if faults := _faults(held):
        say(f"The remote is not whole: {listed(faults)}\n  -> {MEND}", style="yellow")


def mend(root: Path) -> None:
    """Read every object in the remote, and replace bad and missing ones from the cache.

    An object is only ever replaced by a copy that has just been read and found good.

    Raises
    ------
    EnvironmentProblem
        When nothing is recorded yet, or the remote cannot be used.
    Rejected
        When the cache has no good copy of a bad object.
    """
    with opened(root) as repo:
        items = needed(repo)
        sizes = [one.there for one in look(items) if one.there is not None]
        if not sizes:
            say("The remote has nothing of this checkout yet\n  -> make push", style="yellow")
            return
        size = sum(sizes)
        say(f"Reading {len(items)} objects, {size / 1e6:,.1f} MB, in the remote")
        bad = [item for item, good in zip(items, read(items), strict=True) if not good]
        hopeless = [item.path for item in bad if not _mended(item)]
    if hopeless:
        raise Rejected(
            f"no good copy in this cache either of {listed(hopeless)}",
            where="remote",
            hint="lockgate doctor --mend in a checkout that has them, or dvc repro --force for "
            "what a stage writes",
        )
    say(f"{len(bad)} mended" if bad else "Every object in the remote is good", style="green")


def _mended(item: Item) -> bool:
    if not sound(item, item.cache):
        return False
    # DVC's push passes by what has the right name, so this puts the good copy over the bad one.
    source = item.cache.oid_to_path(item.oid)
    item.remote.add(source, item.cache.fs, item.oid, check_exists=False, verify=False)
    say(f"replaced in the remote: {item.path}")
    return sound(item, item.remote)


def _faults(held: Sequence[Held]) -> list[str]:
    return [f"{one.item.path} ({one.fault})" for one in held if one.fault]


def _refuse(what: str, names: Sequence[str]) -> None:
    if names:
        raise Rejected(f"{what} {listed(names)}", where="remote", hint=MEND)


def _refuse_lost(held: Sequence[Held]) -> None:
    lost = [one.item.path for one in held if one.lost]
    if lost:
        raise Rejected(
            f"neither the DVC cache nor the remote has {listed(lost)}",
            where="cache",
            hint="if the files are still in the workspace: dvc commit; what a stage writes: "
            "dvc repro --force; else lockgate push in a checkout that has them",
        )


def _refuse_damaged(items: Sequence[Item]) -> None:
    bad = [item.path for item in damaged(items)]
    if bad:
        raise Rejected(
            f"the DVC cache has other bytes than it should of {listed(bad)}",
            where="cache",
            hint="lockgate doctor --mend looks for good copies, and puts them in their place",
        )
