"""How much of a delivery may be bad before the pipeline stops."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lockgate.errors import Rejected
from lockgate.params import ValidateParams
from lockgate.validation.findings import Finding
from lockgate.validation.ledger import Ledger

MOST_NAMED = 10


@dataclass(frozen=True)
class Excess:
    """A share of a delivery's rows that is beyond what params.yaml tolerates.

    Attributes
    ----------
    rule : str or None
        None for all quarantined rows together.
    """

    delivery: str
    rule: str | None
    share: float
    tolerated: float

    def __str__(self) -> str:
        what = f"{self.rule} broken by" if self.rule else "quarantined:"
        return (
            f"{self.delivery}: {what} {self.share:.2%} of the rows, tolerated {self.tolerated:.2%}"
        )


def excesses(ledger: Ledger, params: ValidateParams) -> Iterator[Excess]:
    """Yield what is beyond the tolerances, delivery by delivery."""
    for name, tally in ledger.tallies.items():
        share = tally.share(tally.quarantined)
        if share > params.max_quarantined_share:
            yield Excess(name, None, share, params.max_quarantined_share)
        for rule, rows in sorted(tally.rules.items()):
            share = tally.share(rows)
            if share > params.max_quarantined_share_per_rule:
                yield Excess(name, rule, share, params.max_quarantined_share_per_rule)


def check_tolerances(ledger: Ledger, findings: Iterable[Finding], params: ValidateParams) -> None:
    """Stop the pipeline when too much is bad; everything has been written by then.

    Raises
    ------
    Rejected
        Naming the deliveries, the rules and their shares, and the rules about the table.
    """
    problems = [f"{excess}{_example(ledger, excess)}" for excess in excesses(ledger, params)]
    problems += [
        f"{item.rule}: found {item.seen}, asked: {item.bound}"
        for item in findings
        if item.severity == "error" and not item.passed
    ]
    if not ledger.total.accepted:
        problems.append("no row was accepted")
    if problems:
        more = len(problems) - MOST_NAMED
        lines = problems[:MOST_NAMED] + ([f"and {more} more"] if more > 0 else [])
        raise Rejected(
            "the data are not fit for use\n  " + "\n  ".join(lines),
            hint="look at data/quarantine.csv and plots/data.html, then mend the deliveries or "
            "data/contract.yaml, or raise a tolerance under `validate` in params.yaml",
        )


def _example(ledger: Ledger, excess: Excess) -> str:
    for example in ledger.examples:
        if (example.rule, example.delivery) == (excess.rule, excess.delivery):
            return f", for example line {example.line}: {example.shown}"
    return ""
