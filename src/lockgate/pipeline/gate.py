"""gate: one verdict on the model, rule by rule."""

from pathlib import Path

from lockgate.artifact import Bundle, load, load_pipeline
from lockgate.console import say, table
from lockgate.errors import BundleError, Rejected
from lockgate.gating.comparison import compare
from lockgate.gating.incumbent import Comparison, Incomparable, Skipped
from lockgate.gating.parity import parity
from lockgate.gating.ruling import Ruling
from lockgate.gating.verdict import Evidence, document, judge
from lockgate.params import Params, load_params
from lockgate.pipeline.inputs import FEATURES
from lockgate.tables import Columns, read_json, read_parquet, rounded, write_json

BUNDLE = Path("models", "model")
RELEASES = Path("models", "releases")
METRICS = Path("metrics")
VERDICT = METRICS / "gate.json"
NO_INCUMBENT = "none"


def run(root: Path = Path()) -> None:
    """Run the stage in the project at `root`; a rejection comes after metrics/gate.json.

    Raises
    ------
    Rejected
        When a rule fails and ``gate.enforce`` is set.
    LockgateError
        When the bundle or a metrics file cannot be read.
    """
    params = load_params(root / "params.yaml")
    rulings = judge(_evidence(root, params), params.gate)
    found = document(rulings)
    write_json(root / VERDICT, rounded(found))
    _report(rulings)
    failed = [ruling for ruling in rulings if not ruling.passed]
    if failed and params.gate.enforce:
        names = ", ".join(ruling.rule for ruling in failed)
        raise Rejected(
            f"the model is rejected by {len(failed)} of {len(rulings)} rules: {names}",
            where=str(VERDICT),
            hint="plots/report.html shows where it is weak; mend the model or the data, change the "
            "bound in params.yaml, or set gate.enforce: false to go on without a verdict that can "
            "be released",
        )
    say(f"{found['verdict']}: see {VERDICT}", style="red" if failed else "green")
    say("compare with the last commit: dvc metrics diff")


def _evidence(root: Path, params: Params) -> Evidence:
    bundle = load(root / BUNDLE)
    test = read_parquet(root / FEATURES / "test.parquet", bundle.schema.names)
    headline = read_json(root / METRICS / "evaluate.json")
    details = root / METRICS / "evaluation"
    difference, rows = parity(bundle, load_pipeline(root / BUNDLE), test)
    return Evidence(
        task=bundle.schema.task,
        test=headline.get("test", {}),
        baseline=headline.get("baseline", {}),
        slices=read_json(details / "slices.json"),
        checks=read_json(details / "checks.json").get("checks", []),
        validation=read_json(root / METRICS / "validate.json"),
        parity=difference,
        parity_rows=rows,
        bundle_bytes=sum(path.stat().st_size for path in (root / BUNDLE).iterdir()),
        comparison=_comparison(root, params, bundle, test),
    )


def _comparison(root: Path, params: Params, bundle: Bundle, test: Columns) -> Comparison:
    name = params.gate.incumbent
    if name == NO_INCUMBENT:
        return Skipped("no incumbent")
    try:
        incumbent = load(root / RELEASES / name)
    except BundleError as problem:
        return Incomparable(
            f"the incumbent cannot be loaded: {problem.where}: {problem.what}; mend that, or set "
            "gate.incumbent: none to begin anew"
        )
    return compare(bundle, incumbent, test, seed=params.seed)


def _report(rulings: tuple[Ruling, ...]) -> None:
    rows = [
        ("passed" if ruling.passed else "FAILED", ruling.rule, ruling.reason)
        for ruling in sorted(rulings, key=lambda ruling: ruling.passed)
    ]
    table("Gate", ("", "rule", "reason"), rows)
