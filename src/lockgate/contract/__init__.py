"""The contract: what a row is. Read once, compiled into a canonical schema without prose."""

from lockgate.contract.schema import Column, Role, Rule, Schema, TableBound, Type

__all__ = ["Column", "Role", "Rule", "Schema", "TableBound", "Type"]
