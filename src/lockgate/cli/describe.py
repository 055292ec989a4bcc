"""The contract as a readable table."""

from pathlib import Path

from lockgate.console import say, table
from lockgate.contract import Column
from lockgate.contract.compile import load_contract
from lockgate.validation.checked import checked_schema


def show_contract(path: Path) -> None:
    """Check the contract and print it.

    Raises
    ------
    ContractError
        Naming each mistake.
    """
    schema = checked_schema(path)
    contract = load_contract(path)
    meanings = {item.name: item.description or "" for item in contract.table.properties}
    say(f"{contract.name or contract.id} {contract.version}: one row is one {schema.entity}")
    table(
        f"{path} is valid",
        ["column", "type", "role", "unit", "value", "in a request", "meaning"],
        [
            [
                column.name,
                "free text" if column.text else column.type,
                column.role + (" (personal)" if column.personal else ""),
                column.unit or "",
                allowed(column),
                "required" if column.requested else "optional",
                meanings[column.name],
            ]
            for column in schema.columns
        ],
    )


def allowed(column: Column) -> str:
    """Say in a few words which values `column` takes."""
    words = [" | ".join(column.values)] if column.values else []
    lower = _first(column.minimum, column.earliest, column.exclusive_minimum)
    upper = _first(column.maximum, column.latest, column.exclusive_maximum)
    if lower or upper:
        words.append(f"{lower or ''}..{upper or ''}")
    if column.pattern:
        words.append(f"/{column.pattern}/")
    if column.unique:
        words.append("unique")
    if column.nullable:
        words.append("may be missing")
    if not column.delivered:
        words.append("may be left out of a delivery")
    return ", ".join(words)


def _first(*bounds: float | str | None) -> str | None:
    given = [bound for bound in bounds if bound is not None]
    return None if not given else given[0] if isinstance(given[0], str) else f"{given[0]:,.12g}"
