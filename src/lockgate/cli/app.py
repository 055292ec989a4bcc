"""``lockgate COMMAND``."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from lockgate.cli.keys import app as keys_app
from lockgate.console import complain, say
from lockgate.errors import EnvironmentProblem, LockgateError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn a table into a served model that can be trusted.",
)
WHOLE = "scripts/setup base installs all of them; requirements/serve.txt has only those for serving"
contract_app = typer.Typer(no_args_is_help=True, help="The contract: what a row is.")
app.add_typer(contract_app, name="contract")
journal_app = typer.Typer(no_args_is_help=True, help="The journal: what was predicted.")
app.add_typer(journal_app, name="journal")
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


@contract_app.command("check")
def contract_check(
    path: Annotated[Path, typer.Argument(help="The contract.")] = Path("data/contract.yaml"),
) -> None:
    """Check the contract itself and print it as a table."""
    from lockgate.cli.describe import show_contract

    show_contract(path)


Source = Annotated[str | None, typer.Argument(help="A file, a folder, a glob in quotes, or a URL.")]
Database = Annotated[
    str | None,
    typer.Option(envvar="LOCKGATE_SQL", help="URL of a database, as SQLAlchemy has it."),
]
Select = Annotated[str | None, typer.Option(help="What to ask the database: SELECT ...")]


@app.command()
def adopt(
    target: Annotated[str, typer.Option(help="The column to predict.")],
    source: Source = None,
    sql: Database = None,
    query: Select = None,
    key: Annotated[str | None, typer.Option(help="The column that identifies a row.")] = None,
    time: Annotated[str | None, typer.Option(help="The column that says when.")] = None,
    group: Annotated[str | None, typer.Option(help="The entity that rows repeat.")] = None,
    drop: Annotated[list[str] | None, typer.Option(help="No feature; may be repeated.")] = None,
    keep: Annotated[
        list[str] | None, typer.Option(help="A feature, whatever speaks against it; repeatable.")
    ] = None,
    task: Annotated[
        Literal["regression", "binary", "multiclass"] | None,
        typer.Option(help="Default: what the target's values ask for."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Replace without asking.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Decide, and write nothing.")] = False,
) -> None:
    """Adopt a table: write its contract and params, place and track its data, and say why."""
    from lockgate.adoption.origins import origin_of
    from lockgate.adoption.wishes import Wishes
    from lockgate.cli.adopt import adopt

    wishes = Wishes(target, key, time, group, tuple(drop or ()), tuple(keep or ()), task)
    adopt(Path(), origin_of(source, sql, query), wishes, explain=explain, yes=yes)


@app.command()
def ingest(source: Source = None, sql: Database = None, query: Select = None) -> None:
    """Check a delivery by the contract, then add it to data/raw, or refuse it whole."""
    from lockgate.adoption.origins import origin_of
    from lockgate.cli.adopt import ingest

    ingest(Path(), origin_of(source, sql, query))


@app.command()
def presets(
    path: Annotated[Path, typer.Argument(help="The params.")] = Path("params.yaml"),
) -> None:
    """Show what the models fast, good and best are."""
    from lockgate.cli.presets import show_presets

    show_presets(path)


@app.command()
def simulate(
    directory: Annotated[Path, typer.Argument(help="Where the deliveries go.")] = Path("data/raw"),
    months: Annotated[int, typer.Option(min=1, help="How many months.")] = 24,
    sales: Annotated[int, typer.Option(min=1, help="Sales a month.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another market.")] = 20260101,
    describe: Annotated[
        bool, typer.Option("--describe", help="Explain the market and write nothing.")
    ] = False,
) -> None:
    """Simulate the bundled example: a house market, one CSV delivery a month."""
    from lockgate.sources import market

    if describe:
        say(market.describe(seed, months, sales))
        return
    written = market.simulate(directory, seed=seed, months=months, sales_per_month=sales)
    say(f"{len(written)} deliveries in {directory}")


@app.command()
def predict(
    source: Annotated[Path, typer.Argument(help="CSV or Parquet file of rows.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="CSV or Parquet file to write.")],
    model: Annotated[Path, typer.Option(help="The bundle.")] = Path("models/model"),
    rejects: Annotated[
        Path | None, typer.Option(help="Rows that cannot be predicted; default: beside the output.")
    ] = None,
) -> None:
    """Predict every row of a file; rows that do not fit go to a rejects file with the reasons."""
    from lockgate.predict import load_predictor
    from lockgate.predict.files import predict_file

    count = predict_file(load_predictor(model), source, output, rejects)
    say(f"{count.predicted:,} rows predicted: {output}")
    if count.rejected:
        say(f"{count.rejected:,} rows rejected, with reasons: {count.rejects}")


@app.command()
def explain(
    row: Annotated[
        str, typer.Argument(help="A JSON object, - to read one, or a JSON, CSV or Parquet file.")
    ],
    line: Annotated[
        int | None, typer.Option(min=1, help="Of a file of rows; default: its first row.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="Of a file of rows: the key instead.")] = None,
    label: Annotated[
        str | None, typer.Option(help="The class to explain; default: the likeliest.")
    ] = None,
    model: Annotated[Path, typer.Option(help="The bundle.")] = Path("models/model"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, every digit.")] = False,
) -> None:
    """Explain a row's prediction: what each feature adds to it."""
    from lockgate.cli.explain import Wanted, explain

    explain(model, Wanted(row, line, key, label), as_json=as_json)


@app.command()
def precompute(
    source: Annotated[Path, typer.Argument(help="CSV or Parquet file of rows with their key.")],
    rejects: Annotated[
        Path | None, typer.Option(help="Rows that cannot be predicted; default: in .lockgate.")
    ] = None,
) -> None:
    """Predict known entities beforehand; the service answers GET /predict/ENTITY/KEY from it."""
    from lockgate.cli.precompute import precompute

    precompute(source, rejects)


@journal_app.command("export")
def journal_export(
    output: Annotated[Path, typer.Argument(help="File to write, a JSON object a line.")],
) -> None:
    """Write what was predicted, and what turned out true, to a file."""
    from lockgate.cli import journal

    say(f"{journal.export(output):,} requests: {output}")


@journal_app.command("prune")
def journal_prune(
    days: Annotated[int, typer.Option(min=1, help="Delete what is older.")],
) -> None:
    """Delete old predictions with their feedback."""
    from lockgate.cli import journal

    say(f"{journal.prune(days):,} requests deleted")


@journal_app.command("erase")
def journal_erase(
    key: Annotated[str, typer.Option(help="Value of the contract's key column.")],
) -> None:
    """Delete every row of a key, with answers and feedback, and what was precomputed of it."""
    from lockgate.cli import journal

    rows, answers = journal.erase(key)
    say(f"{rows:,} rows erased" + (f", {answers:,} precomputed answers" if answers else ""))


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
