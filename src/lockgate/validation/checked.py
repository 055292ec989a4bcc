"""The contract, checked as far as it can be before any row is read."""

from pathlib import Path

from lockgate.contract import Schema
from lockgate.contract.compile import in_contract, load_schema
from lockgate.validation.constraints import check_constraints


def checked_schema(path: Path) -> Schema:
    """Read and compile the contract, and check what only the reading of values can tell.

    Raises
    ------
    ContractError
        As `load_schema` and `check_constraints` do, naming the file.
    """
    with in_contract(path):
        schema = load_schema(path)
        check_constraints(schema)
    return schema
