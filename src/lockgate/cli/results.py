"""What `make run` does after ``dvc repro``: sum up what was made, or what a failure leaves."""

import json
import sys
import webbrowser
from pathlib import Path
from typing import Any

from lockgate.console import say, table
from lockgate.errors import LockgateError
from lockgate.storage.commands import dvc, git

# From here on a number is read by its exponent, not by its digits.
LARGEST = 1e12


def summary(root: Path) -> None:
    """Show the verdict, the headline metrics and where to look next."""
    verdict = _metrics(root, "gate")
    evaluated = _metrics(root, "evaluate")
    parts = [part for part in ("test", "baseline", "constant") if part in evaluated]
    names = list(evaluated["test"])
    table(
        "On rows that the model never saw",
        ["metric", *(f"{part} " for part in parts)],
        [[name, *(_number(evaluated[part].get(name)) for part in parts)] for name in names],
    )
    failed = [rule["rule"] for rule in verdict["rules"] if not rule["passed"]]
    say("")
    say(
        f"Gate: {verdict['verdict']}" + (f" ({', '.join(failed)})" if failed else ""),
        style="bold red" if failed else "bold green",
    )
    say("Report: plots/report.html   data: plots/data.html   model card: plots/model_card.md")
    if not failed:
        say("Next:   make serve, or dvc exp run -S train.model=ridge -S gate.enforce=false")


def after_failure(root: Path) -> None:
    """Show what a failed ``dvc repro`` leaves: the summary if the gate said no, else the way back.

    DVC takes a stage's outputs away before it runs it, so those of the last run may be gone.
    """
    if _outdated(root) == {"gate"} and (root / "metrics" / "gate.json").exists():
        summary(root)
    elif git(root, "ls-files", "--error-unmatch", "dvc.lock").returncode == 0:
        say(
            "The outputs of the last committed run are not lost: "
            "git checkout dvc.lock data/schema.json metrics plots && dvc checkout --force dvc.yaml"
        )


def show_report(root: Path) -> None:
    """Open plots/report.html in a browser when a person asks from a terminal.

    Raises
    ------
    LockgateError
        When there is no report yet.
    """
    path = (root / "plots" / "report.html").resolve()
    if not path.exists():
        raise LockgateError("not there yet", where="plots/report.html", hint="make run")
    say(path.as_uri())
    if sys.stdout.isatty():
        webbrowser.open(path.as_uri())


def _outdated(root: Path) -> set[str]:
    """Return the stages that are not as dvc.lock has them."""
    try:
        return set(json.loads(dvc(root, "status", "--json").stdout))
    except json.JSONDecodeError:
        return set()


def _metrics(root: Path, stage: str) -> dict[str, Any]:
    path = root / "metrics" / f"{stage}.json"
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LockgateError("not there yet", where=str(path), hint="make run") from None
    return data


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if 1000 <= abs(value) < LARGEST else f"{value:.4g}"
