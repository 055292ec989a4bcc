"""``lockgate doctor``: what is missing or wrong on this machine and in this checkout."""

from collections.abc import Callable, Iterator
from pathlib import Path

from lockgate.cli.checkout import git_history, hand_written_files, pipeline, split_date
from lockgate.cli.findings import Finding
from lockgate.cli.machine import disk, environment, python_and_packages
from lockgate.cli.production import production
from lockgate.cli.stored import cache, dvc_settings, locks, remote
from lockgate.console import say


def examine(root: Path, *, ask_remote: bool = True) -> int:
    """Look at everything, print what was found, and return the exit code.

    Parameters
    ----------
    root : Path
        The checkout.
    ask_remote : bool
        Whether to reach out to the DVC remote.
    """
    examinations: list[Callable[[Path], Iterator[Finding]]] = [
        python_and_packages,
        environment,
        git_history,
        hand_written_files,
        split_date,
        dvc_settings,
        disk,
        locks,
        pipeline,
        production,
        cache,
    ]
    if ask_remote:
        examinations.append(remote)
    findings = [finding for look in examinations for finding in look(root)]
    for finding in findings:
        _show(finding)
    return int(any(finding.state == "wrong" for finding in findings))


def _show(finding: Finding) -> None:
    style = {"ok": "green", "warning": "yellow", "wrong": "red"}[finding.state]
    say(f"{finding.state:<8} {finding.text}", style=style)
    if finding.hint:
        say(f"{'':<8} -> {finding.hint}")
