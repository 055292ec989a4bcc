"""Commands about the table: its contract, its deliveries, the models of it."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from lockgate.console import say

app = typer.Typer()
contract_app = typer.Typer(no_args_is_help=True, help="The contract: what a row is.")
app.add_typer(contract_app, name="contract")


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
