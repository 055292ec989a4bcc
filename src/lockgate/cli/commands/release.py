"""Commands about releases."""

from pathlib import Path
from typing import Annotated

import typer

from lockgate.console import say

app = typer.Typer()


@app.command()
def release(
    sign: Annotated[
        Path | None, typer.Option(help="Ed25519 private key, PEM, to sign the release with.")
    ] = None,
) -> None:
    """Release models/model: store it, prove it, and put it in production."""
    from lockgate.releases.releasing import release

    release(Path(), sign)


@app.command()
def rollback(
    version: Annotated[
        str | None, typer.Argument(help="Such as v1.0.0; default: what was before.")
    ] = None,
) -> None:
    """Put a released version back into production."""
    from lockgate.releases.rollback import rollback

    rollback(Path(), version)


@app.command()
def releases(
    on: Annotated[str | None, typer.Option(help="A day, or a moment: what answered then.")] = None,
) -> None:
    """Show what was in production when, from git's history."""
    from lockgate.cli.releases import show_history

    show_history(Path(), on)


@app.command()
def compare(
    one: Annotated[str, typer.Argument(help="A release.")],
    other: Annotated[str, typer.Argument(help="Another.")],
) -> None:
    """Show what differs between two releases, and which predicts better on common rows."""
    from lockgate.cli.releases import show_comparison

    show_comparison(Path(), one, other)


@app.command()
def incumbent(
    version: Annotated[
        str | None, typer.Argument(help="A release, or none; default: what is in production.")
    ] = None,
) -> None:
    """Pin the release that the gate compares the next candidates with."""
    from lockgate.releases.incumbents import pin

    say(f"gate.incumbent is {pin(Path(), version)} in params.yaml")
    say("next: dvc repro")


@app.command()
def reproduce(
    version: Annotated[str, typer.Argument(help="A release.")],
) -> None:
    """Rebuild a release from its tag in a temporary clone, and compare the bytes."""
    from lockgate.releases.reproducing import reproduce

    reproduce(Path(), version)
