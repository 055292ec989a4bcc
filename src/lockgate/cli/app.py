"""``lockgate COMMAND``."""

import os
import sys
from typing import Annotated

import typer

from lockgate.cli.commands import prediction, project, release, table
from lockgate.cli.keys import app as keys_app
from lockgate.console import complain
from lockgate.errors import EnvironmentProblem, LockgateError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn a table into a served model that can be trusted.",
)
WHOLE = "scripts/setup base installs all of them; requirements/serve.txt has only those for serving"
for commands in (project.app, table.app, prediction.app, release.app):
    app.add_typer(commands)
app.add_typer(keys_app, name="keys")


def main() -> None:
    """Run a command: a user's mistake is one message and an exit code, never a traceback."""
    try:
        app()
    except LockgateError as problem:
        if os.environ.get("LOCKGATE_DEBUG"):
            raise
        complain(str(problem))
        sys.exit(problem.exit_code)
    except ModuleNotFoundError as problem:
        package = (problem.name or "").partition(".")[0]
        if os.environ.get("LOCKGATE_DEBUG") or package in ("", "lockgate"):
            raise
        complain(str(EnvironmentProblem(f"this needs the package {package}", hint=WHOLE)))
        sys.exit(EnvironmentProblem.exit_code)


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Turn a table into a served model that can be trusted."""
    if debug:
        os.environ["LOCKGATE_DEBUG"] = "1"
