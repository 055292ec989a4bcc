"""How far intervals and prediction sets kept their word, in a sentence."""

from lockgate.reporting.findings import Findings
from lockgate.reporting.words import number, percent


def coverage(findings: Findings) -> str:
    """Say how often the truth was held, overall and where least, and on rows of which time."""
    test, level = findings.metrics["test"], findings.bundle.manifest.level
    if findings.schema.task == "regression":
        worst = min(findings.reliability, key=lambda band: band["coverage"])
        kind, held = "intervals", test["interval_coverage"]
        where = f"in the worst fifth, predictions from {number(worst['from'])} to "
        where += number(worst["to"])
    else:
        worst = min(findings.classwise, key=lambda each: each["coverage"])
        kind, held = "prediction sets", test["set_coverage"]
        where = f"of the class {findings.schema.classes[int(worst['place'])]}"
    whose = "the test rows, all later than the training" if findings.period else "the test rows"
    return (
        f"The {kind} promise {level:.0%} and hold {percent(held)} of {whose}; "
        f"{percent(worst['coverage'])} {where}."
    )
