"""What `make run` does before ``dvc repro``: check the hand-written files, fetch the data."""

from pathlib import Path
from typing import Any

from lockgate.cli.commands import dvc, git
from lockgate.console import say
from lockgate.contract import Schema
from lockgate.errors import DeliveryError, EnvironmentProblem, ParamsError
from lockgate.params import EvaluateParams, FeaturizeParams, load_params
from lockgate.strict import read_yaml
from lockgate.validation.checked import checked_schema

RAW = Path("data/raw")
PIN = Path("data/raw.dvc")


def check(root: Path) -> None:
    """Check what plain DVC cannot: unknown keys in params.yaml, contradictions in the contract.

    Raises
    ------
    EnvironmentProblem
        When `root` is not a git checkout.
    ParamsError, ContractError
        Naming each mistake.
    """
    if not (root / ".git").exists():
        raise EnvironmentProblem(
            "this folder has no git history, and DVC needs one",
            where=str(root.resolve()),
            hint="git init && git add --all && git commit --message 'Start', then again",
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
        When data/raw holds something else than its pin, or the data cannot be had.
    """
    pin = _pin(root)
    if _complete(root / RAW, pin):
        return
    if (root / RAW).is_dir() and any((root / RAW).iterdir()):
        _checkout(root)
    elif dvc(root, "pull", str(PIN)).returncode != 0 or not _complete(root / RAW, pin):
        _simulate(root, pin)


def _pin(root: Path) -> dict[str, Any]:
    if not (root / PIN).exists():
        raise DeliveryError(
            "no data are tracked",
            where=str(PIN),
            hint="put files in data/raw and: dvc add data/raw",
        )
    pin: dict[str, Any] = read_yaml(root / PIN, DeliveryError)["outs"][0]
    return pin


def _complete(raw: Path, pin: dict[str, Any]) -> bool:
    """Compare number and size of files: enough to see a change of the pin, and instant."""
    sizes = [path.stat().st_size for path in raw.rglob("*") if path.is_file()]
    return len(sizes) == pin.get("nfiles") and sum(sizes) == pin["size"]


def _checkout(root: Path) -> None:
    if dvc(root, "checkout", str(PIN)).returncode == 0:
        return
    if dvc(root, "pull", str(PIN)).returncode == 0:
        return
    raise DeliveryError(
        f"the files in {RAW} are not the ones that {PIN} pins",
        where=str(RAW),
        hint=f"dvc add {RAW} delivers what is there; dvc checkout --force {PIN} brings the pinned "
        "files back",
    )


def _simulate(root: Path, pin: dict[str, Any]) -> None:
    from lockgate.sources.market import EXAMPLE_HASH, simulate

    if pin["md5"] != EXAMPLE_HASH:
        raise DeliveryError(
            "the DVC remote does not have the data that this pins",
            where=str(PIN),
            hint="dvc pull says why; lockgate doctor looks at the remote and its credentials",
        )
    say("Simulating the bundled house market (no remote has it yet)")
    simulate(root / RAW)
    dvc(root, "commit", "--force", str(PIN))
    if _pin(root)["md5"] != EXAMPLE_HASH:
        git(root, "checkout", str(PIN))
        raise DeliveryError("the simulated market has other bytes than its pin", where=str(RAW))
