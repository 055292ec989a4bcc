"""``lockgate adopt`` and ``ingest``: what was found is told, and carried out."""

from contextlib import ExitStack
from pathlib import Path

import typer

from lockgate.adoption.adopting import PARAMS, Adoption, carry_out, examine, uncommitted, undoing
from lockgate.adoption.deciding import Findings
from lockgate.adoption.decision import Decision
from lockgate.adoption.evolution import Evolution
from lockgate.adoption.origins import Query, at_hand
from lockgate.adoption.wishes import Wishes
from lockgate.console import progress, say, table
from lockgate.params import load_params

BETTER = "good"
REPLACED = "data/contract.yaml, params.yaml and data/raw"


def adopt(root: Path, origin: str | Query, wishes: Wishes, *, explain: bool, yes: bool) -> None:
    """Fetch, decide, tell, ask, and write.

    Raises
    ------
    LockgateError
        As `at_hand`, `examine` and `carry_out` do.
    """
    with ExitStack() as kept:
        with progress("looking at the table"):
            pattern = kept.enter_context(at_hand(root, origin))
            adoption = examine(root, pattern, wishes)
        _show(adoption.findings)
        if explain:
            say("nothing was written: without --explain it is")
            return
        if not yes and not _agreed(root):
            say("nothing was changed")
            raise typer.Exit(1)
        undo = undoing(root)
        with progress("placing the data"):
            carry_out(root, adoption)
    _conclude(root, adoption, undo)


def ingest(root: Path, origin: str | Query) -> None:
    """Check a delivery and admit it, or say why not.

    Raises
    ------
    LockgateError
        As `at_hand` and `lockgate.adoption.ingesting.ingest` do.
    """
    from lockgate.adoption import ingesting

    with progress("checking the delivery"), at_hand(root, origin, by_content=True) as pattern:
        done = ingesting.ingest(root, pattern)
    for name in done.known:
        say(f"in data/raw already: {name}")
    if done.tally is None:
        say("nothing is new")
        return
    say(f"admitted: {', '.join(done.admitted)}")
    say(f"{done.tally.rows:,} rows, {done.tally.quarantined:,} of them for quarantine")
    if done.evolution:
        _show_evolution(done.evolution)
    say("next:    dvc repro")


def _show_evolution(evolution: Evolution) -> None:
    say(
        f"contract: {evolution.before} is now {evolution.after}, a minor version, by new optional "
        "columns that nothing uses yet:"
    )
    for each in evolution.columns:
        personal = ", personal" if each.personal else ""
        say(f"  {each.name} ({each.kind.type}{personal})")
    for remark in evolution.remarks:
        say(remark, style="yellow")
    say(
        "to use one: the role feature in data/contract.yaml, and its name in featurize.features of "
        "params.yaml"
    )


def _agreed(root: Path) -> bool:
    changed = uncommitted(root)
    lost = f"; changes in {', '.join(changed)} that are not committed are lost" if changed else ""
    return typer.confirm(f"Replace {REPLACED}{lost}?")


def _conclude(root: Path, adoption: Adoption, undo: str) -> None:
    files = len(adoption.sources)
    say(f"written: {REPLACED} ({files} {'file' if files == 1 else 'files'})")
    say(f"undo:    {undo}")
    say("next:    dvc repro")
    train = load_params(root / PARAMS).train
    if BETTER in train.models and train.model != BETTER:
        say(
            f"then:    dvc exp run -S train.model={BETTER}    # a better model: minutes of search "
            f"instead of seconds; or set train.model: {BETTER} in params.yaml"
        )
    say("keep:    git add --all && git commit")


def _show(findings: Findings) -> None:
    table(
        f"{findings.rows:,} rows, {len(findings.columns)} columns: {findings.problem.task} of "
        f"{findings.target.name}",
        ["column", "type", "role", "values", "why"],
        [_line(each) for each in findings.columns],
    )
    say(f"kept back for the test: {_test_part(findings)}")
    if findings.malformed:
        say(f"{findings.malformed:,} records have other fields than the header", style="yellow")
    for each in findings.columns:
        for text in (*each.kind.warnings, *each.warnings):
            say(f"{each.name}: {text}", style="yellow")


def _test_part(findings: Findings) -> str:
    if findings.test_from:
        return f"the rows from {findings.test_from} on"
    by = next((each.name for each in findings.columns if each.role in ("group", "key")), "content")
    return f"{findings.test_share:.0%} of the rows, chosen by a hash of their {by}"


def _line(decision: Decision) -> tuple[str, ...]:
    role = f"{decision.role} (personal)" if decision.personal else decision.role
    why = "; ".join((*decision.kind.reasons, *decision.reasons))
    return decision.name, decision.kind.type, role, _values(decision), why


def _values(decision: Decision) -> str:
    limits = decision.limits
    words = []
    if limits.values:
        words.append(f"{len(limits.values)} values")
    if limits.minimum is not None and limits.maximum is not None:
        words.append(f"{limits.minimum:,.12g}..{limits.maximum:,.12g}")
    if limits.usual:
        words.append("usual {:,.12g}..{:,.12g}".format(*limits.usual))
    if limits.earliest:
        words.append(f"from {limits.earliest}")
    if decision.kind.absent:
        words.append(f"{decision.kind.absent:,} missing")
    return ", ".join(words)
