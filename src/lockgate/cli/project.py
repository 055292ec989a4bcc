"""What `make run` does before ``dvc repro``: check the hand-written files, fetch the data."""

from pathlib import Path
from typing import Any

from lockgate.console import say
from lockgate.contract import Schema
from lockgate.errors import DeliveryError, EnvironmentProblem, LockgateError, ParamsError
from lockgate.params import EvaluateParams, FeaturizeParams, load_params
from lockgate.storage import transfer
from lockgate.storage.commands import dvc, git
from lockgate.storage.locks import LIST, read_locks
from lockgate.strict import read_yaml
from lockgate.tables.paths import scratch
from lockgate.validation.checked import checked_schema
from lockgate.validation.data_hash import tracked_files

RAW = Path("data/raw")
PIN = Path("data/raw.dvc")


def check(root: Path) -> None:
    """Check what plain DVC cannot: unknown keys in params.yaml, contradictions in the contract.

    Raises
    ------
    EnvironmentProblem
        When `root` is not a git checkout, or a crash left it in a state that stops DVC.
    ParamsError, ContractError
        Naming each mistake.
    """
    if not (root / ".git").exists():
        raise EnvironmentProblem(
            "this folder has no git history, and DVC needs one",
            where=str(root.resolve()),
            hint="git init && git add --all && git commit --message 'Start', then again",
        )
    if read_locks(root).stale:
        raise EnvironmentProblem(
            "what a crash left there stops every command of DVC",
            where=str(LIST),
            hint="lockgate doctor says what it is, lockgate doctor --mend removes it",
        )
    params = load_params(root / "params.yaml")
    _check_columns(
        params.evaluate, checked_schema(root / "data" / "contract.yaml"), params.featurize
    )


def _check_columns(evaluate: EvaluateParams, schema: Schema, featurize: FeaturizeParams) -> None:
    """Find what another table left behind in params.yaml before a model is trained for it."""
    slices = {item.column for item in evaluate.slices} - {
        *schema.names,
        *(featurize.features or ()),
    }
    checks = {item.column for item in evaluate.checks} - set(schema.names)
    for key, unknown in (("slices", slices), ("checks", checks)):
        if unknown:
            raise ParamsError(
                f"evaluate.{key} names {', '.join(sorted(unknown))}, which the contract does not",
                where="params.yaml",
                hint=f"name columns of data/contract.yaml, or empty it: {key}: []",
            )


def fetch(root: Path) -> None:
    """Put the deliveries that data/raw.dvc pins into data/raw.

    From the DVC cache or remote if they are there; else, and only while the pin is the bundled
    example's own, simulated and compared with the pin.

    Raises
    ------
    DeliveryError
        When data/raw holds something else than its pin.
    LockgateError
        When neither cache nor remote has the data, with the reason.
    """
    pin = _pin(root)
    if _complete(root, pin):
        return
    if dvc(root, "checkout", str(PIN)).returncode == 0 and _complete(root, pin):
        return
    try:
        transfer.pull(root, only=RAW.as_posix())
    except LockgateError as problem:
        if tracked_files(root / RAW, root):
            raise _foreign() from problem
        if not _simulated(root, pin):
            raise


def _pin(root: Path) -> dict[str, Any]:
    if not (root / PIN).exists():
        raise DeliveryError(
            "no data are tracked",
            where=str(PIN),
            hint="put files in data/raw and: dvc add data/raw",
        )
    pin: dict[str, Any] = read_yaml(root / PIN, DeliveryError)["outs"][0]
    return pin


def _complete(root: Path, pin: dict[str, Any]) -> bool:
    """Compare number and size of files: enough to see a change of the pin, and instant."""
    sizes = [path.stat().st_size for path in tracked_files(root / RAW, root)]
    return len(sizes) == pin.get("nfiles") and sum(sizes) == pin["size"]


def _foreign() -> DeliveryError:
    return DeliveryError(
        f"the files in {RAW} are not the ones that {PIN} pins",
        where=str(RAW),
        hint=f"dvc add {RAW} delivers what is there; dvc checkout --force {PIN} brings the pinned "
        "files back",
    )


def _simulated(root: Path, pin: dict[str, Any]) -> bool:
    from lockgate.sources.market import EXAMPLE_HASH, simulate

    if pin["md5"] != EXAMPLE_HASH:
        return False
    say("Simulating the bundled house market (no remote has it yet)")
    with scratch(root / RAW) as folder:
        simulate(folder)
        folder.rename(root / RAW)
    dvc(root, "commit", "--force", str(PIN))
    if _pin(root)["md5"] != EXAMPLE_HASH:
        git(root, "checkout", str(PIN))
        raise DeliveryError("the simulated market has other bytes than its pin", where=str(RAW))
    return True
