"""Commands about the checkout: its runs, its data, its health."""

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def prepare() -> None:
    """Check params and contract, and fetch the data: what `make run` does first."""
    from lockgate.cli import project

    project.check(Path())
    project.fetch(Path())


@app.command()
def summary(
    failed: Annotated[
        bool, typer.Option("--failed", help="After a run that failed: what it leaves.")
    ] = False,
) -> None:
    """Show the verdict, the metrics and where the reports are."""
    from lockgate.cli import results

    if failed:
        results.after_failure(Path())
    else:
        results.summary(Path())


@app.command()
def report() -> None:
    """Open the report in a browser, or say where it is."""
    from lockgate.cli import results

    results.show_report(Path())


@app.command()
def push(
    quick: Annotated[
        bool, typer.Option("--quick", help="Compare sizes only; without it everything is pulled.")
    ] = False,
) -> None:
    """Push data and models to the DVC remote, and prove it by a pull into a fresh clone."""
    from lockgate.storage import transfer

    transfer.push(Path(), quick=quick)


@app.command()
def pull() -> None:
    """Pull data and models from the DVC remote, and make sure that all of them arrived."""
    from lockgate.storage import transfer

    transfer.pull(Path())


@app.command()
def doctor(
    remote: Annotated[bool, typer.Option(help="Ask the DVC remote as well.")] = True,
    mend: Annotated[
        bool,
        typer.Option("--mend", help="Read cache and remote; replace bad objects by good copies."),
    ] = False,
) -> None:
    """Say in plain words what is missing or wrong on this machine and in this checkout."""
    if mend:
        from lockgate.releases import landing
        from lockgate.storage import cache, locks, transfer

        locks.mend(Path())
        landing.mend(Path())
        cache.mend(Path())
        transfer.mend(Path())
    else:
        from lockgate.cli.doctor import examine

        sys.exit(examine(Path(), ask_remote=remote))
