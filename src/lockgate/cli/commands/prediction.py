"""Commands about predictions: made, explained, remembered."""

from pathlib import Path
from typing import Annotated

import typer

from lockgate.console import say

app = typer.Typer()
journal_app = typer.Typer(no_args_is_help=True, help="The journal: what was predicted.")
app.add_typer(journal_app, name="journal")


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
