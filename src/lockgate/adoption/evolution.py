"""How the contract changes with a delivery: a new column is a minor version, a lost one a break."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from lockgate.adoption.contract_file import column_entry
from lockgate.adoption.decision import Decision
from lockgate.adoption.kinds import kind_of
from lockgate.adoption.profile import profile
from lockgate.adoption.roles import personal_data
from lockgate.adoption.sources import read_cells_of
from lockgate.contract import Schema
from lockgate.errors import ContractError, Rejected, did_you_mean


@dataclass(frozen=True)
class Evolution:
    """The contract's next minor version.

    Attributes
    ----------
    before, after : str
        Versions.
    columns : tuple of Decision
        The new ones, which nothing uses yet.
    remarks : tuple of str
        What a person should look at.
    text : str
        The contract as it will be.
    """

    before: str
    after: str
    columns: tuple[Decision, ...]
    remarks: tuple[str, ...]
    text: str


def evolve(contract: str, schema: Schema, paths: Sequence[Path]) -> Evolution | None:
    """Return the contract with what a delivery has that it does not know; None where it knows all.

    New columns become optional, because older deliveries lack them, and are used for nothing
    until a person gives them the role feature.

    Parameters
    ----------
    contract : str
        The contract's text; its layout and comments stay.
    schema : Schema
        What it means.
    paths : sequence of Path
        The files of the delivery, in a form that the pipeline reads.

    Raises
    ------
    Rejected
        When a column that each delivery must have is gone: a break, which makes a major version.
    DeliveryError
        When the files have different columns.
    """
    batches = read_cells_of(tuple(paths))
    first = next(batches)
    names = first[0].column_names
    _check_gone(schema, names, ", ".join(path.name for path in paths))
    fresh = [name for name in names if name not in schema.names]
    if not fresh:
        return None
    table = profile(chain([first], batches), fresh)
    found = []
    for name, seen in table.columns.items():
        decision = Decision(name, kind_of(name, seen))
        personal = bool(personal_data(decision, seen))
        described = Decision(name, decision.kind, "ignore", personal=personal)
        found.append(described.because(f"new in version {_next(schema.version)}"))
    after = _next(schema.version)
    text = with_columns(contract, [column_entry(each, table.rows) for each in found], after)
    remarks = tuple(filter(None, (_renamed(each.name, schema, names) for each in found)))
    return Evolution(schema.version, after, tuple(found), remarks, text)


def with_columns(contract: str, columns: Sequence[dict[str, Any]], version: str) -> str:
    """Return a contract's text with further columns at its end, and another version.

    Raises
    ------
    ContractError
        When it is laid out so that no column can be added by lines.
    """
    document = _mapping(yaml.compose(contract, yaml.SafeLoader))
    table = _mapping(document["schema"].value[0])
    listed, number = table["properties"], document["version"]
    if listed.flow_style or not listed.value:
        raise ContractError(
            "its columns do not stand on lines of their own",
            where="data/contract.yaml",
            hint=f"add {', '.join(str(each['name']) for each in columns)} by hand, with "
            "`delivery: optional`",
        )
    written = contract[: listed.value[-1].end_mark.index]
    # Blank lines and comments before what comes next belong to that.
    end = len(re.sub(r"\s*(\n[ \t]*(#.*)?)*\Z", "", written))
    indent = " " * listed.start_mark.column
    body = yaml.safe_dump(
        list(columns), sort_keys=False, allow_unicode=True, default_flow_style=None, width=98
    )
    lines = "".join(f"\n{indent}{line}" for line in body.splitlines())
    edits = [(end, end, lines), (number.start_mark.index, number.end_mark.index, version)]
    # From the last to the first: what comes before an edit stays where it was.
    for start, stop, new in sorted(edits, reverse=True):
        contract = contract[:start] + new + contract[stop:]
    return contract


def next_major(version: str) -> str:
    """Return the version after a break."""
    return f"{_numbers(version)[0] + 1}.0.0"


def _next(version: str) -> str:
    major, minor = _numbers(version)
    return f"{major}.{minor + 1}.0"


def _numbers(version: str) -> tuple[int, int]:
    found = re.match(r"v?(\d+)(?:\.(\d+))?", version)
    return (int(found[1]), int(found[2] or 0)) if found else (1, 0)


def _mapping(node: Any) -> dict[str, Any]:
    return {key.value: value for key, value in node.value}


def _check_gone(schema: Schema, names: Sequence[str], where: str) -> None:
    gone = [each.name for each in schema.columns if each.delivered and each.name not in names]
    if not gone:
        return
    unknown = [name for name in names if name not in schema.names]
    guesses = [f"{name}{did_you_mean(name, unknown)}" for name in gone]
    raise Rejected(
        f"nothing was added: it lacks {', '.join(guesses)}, which breaks contract {schema.version}",
        where=where,
        hint="have it delivered again. If it will not come back, the contract needs a new major "
        f"version, {next_major(schema.version)}: set `delivery: optional` for it, or, if the model "
        "cannot do without it, adopt the new table",
    )


def _renamed(name: str, schema: Schema, names: Sequence[str]) -> str:
    absent = [each for each in schema.names if each not in names]
    guess = did_you_mean(name, absent)
    return f"'{name}' is new, and another column is absent{guess}: was it renamed?" if guess else ""
