"""Every row is accepted or quarantined: judged by mask, and again by Great Expectations."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from lockgate.contract import Schema
from lockgate.errors import LockgateError
from lockgate.tables import Columns
from lockgate.validation.chunks import Chunk
from lockgate.validation.constraints import VALUE_KINDS, check_constraints
from lockgate.validation.deliveries import Delivery, read_delivery
from lockgate.validation.findings import Finding, Limit, limits
from lockgate.validation.ledger import Ledger
from lockgate.validation.parse import Mask, Values, any_of, parse
from lockgate.validation.profile import Profile
from lockgate.validation.quarantine import BadRow
from lockgate.validation.repeats import among, repeated_values
from lockgate.validation.suite import Suite
from lockgate.validation.verdicts import verdicts


class CountsDiffer(LockgateError):
    """Great Expectations and the row masks disagree on a rule: one of them is wrong."""


class Inspection:
    """Judges chunks of rows, one after the other, and remembers what it saw.

    Parameters
    ----------
    schema : Schema
    deliveries : tuple of Delivery
        All that will be inspected: repeats in unique columns are looked up in advance.
    batch_rows : int
        Rows that are read at a time for that.

    Attributes
    ----------
    ledger : Ledger
    profile : Profile
        Of the accepted rows.
    marked, counted : Counter
        Rows that break a contract rule according to its mask and to Great Expectations, among the
        rows whose cells could all be read; for the rules that both judge.

    Raises
    ------
    ContractError
        When a rule cannot be made into an expectation.
    DeliveryError, TableError
        As `lockgate.validation.deliveries.read_delivery` does.
    """

    def __init__(self, schema: Schema, deliveries: tuple[Delivery, ...], batch_rows: int) -> None:
        check_constraints(schema)
        self._schema = schema
        self._suite = Suite(schema)
        self._repeated = _repeated(schema, deliveries, batch_rows)
        self._looked_at: Counter[str] = Counter()
        self._invalid: Counter[str] = Counter()
        listed = {item.name: item.columns for item in self._suite.listed}
        self.ledger = Ledger(schema, tuple(delivery.name for delivery in deliveries), listed)
        self.profile = Profile(schema)
        self.marked: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()

    def take(self, chunk: Chunk) -> tuple[Columns, list[BadRow]]:
        """Judge a chunk; return its accepted rows, in canonical form, and its bad rows.

        Raises
        ------
        CountsDiffer
            When Great Expectations counts other rows than the masks mark.
        ContractError
            When a listed expectation cannot be run.
        """
        errors = verdicts(self._schema, chunk.columns, chunk.unparsed)
        readable = chunk.readable()
        columns = {name: values[readable] for name, values in chunk.columns.items()}
        warnings: dict[str, Mask] = {}
        if readable.any():
            self._reconcile({rule: mask[readable] for rule, mask in errors.items()}, columns)
            listed, warnings = self._listed(columns, readable)
            errors |= listed
        errors |= self._not_unique(chunk)
        self._count_invalid(errors, chunk.rows)
        bad = [row for part in chunk.parts for row in self.ledger.add(part, errors, warnings)]
        good = ~any_of(chunk.rows, errors.values())
        accepted = {name: values[good] for name, values in chunk.columns.items()}
        self.profile.add(accepted)
        return accepted, bad

    def findings(self, read: Callable[[tuple[str, ...]], Columns]) -> tuple[Finding, ...]:
        """Judge the rules about the table as a whole, after all chunks.

        Parameters
        ----------
        read : callable
            Returns the named columns of all accepted rows. Called only for expectations whose
            aggregate does not merge over batches, such as quantiles and deviations.

        Raises
        ------
        ContractError
            When a listed expectation cannot be run.
        """
        listed = self._suite.listed
        found = [limit.judge(self._statistic(limit)) for limit in limits(self._schema, listed)]
        found += self._mostly()
        whole = (item for item in listed if item.scope == "table")
        found += [self._suite.judge(item, read(item.columns)) for item in whole]
        return tuple(sorted(found, key=lambda finding: finding.rule))

    def _reconcile(self, masks: Mapping[str, Mask], columns: Columns) -> None:
        for rule, counted in self._suite.counts(columns).items():
            marked = int(masks[rule].sum())
            if marked != counted:
                raise CountsDiffer(
                    f"the row mask marks {marked} rows, Great Expectations counts {counted}",
                    where=rule,
                    hint="one of them is wrong: please report it with the rule and such a row",
                )
            self.marked[rule] += marked
            self.counted[rule] += counted

    def _listed(self, columns: Columns, readable: Mask) -> tuple[dict[str, Mask], dict[str, Mask]]:
        masks: dict[str, dict[str, Mask]] = {"error": {}, "warning": {}}
        severity = {item.name: item.rule.severity for item in self._suite.listed}
        for name, (failing, looked_at) in self._suite.failing(columns).items():
            mask = np.zeros(len(readable), dtype=bool)
            mask[readable] = failing
            masks[severity[name]][name] = mask
            self._looked_at[name] += looked_at
        return masks["error"], masks["warning"]

    def _not_unique(self, chunk: Chunk) -> dict[str, Mask]:
        return {
            f"{name}: unique": among(chunk.columns[name], values)
            for name, values in self._repeated.items()
        }

    def _count_invalid(self, errors: Mapping[str, Mask], rows: int) -> None:
        """Count rows for bounds on invalid values: those that break any rule for the value."""
        for bound in self._schema.bounds:
            if bound.metric == "invalidValues" and bound.column is not None:
                rules = [f"{bound.column}: {kind}" for kind in ("type", *VALUE_KINDS)]
                masks = [errors[rule] for rule in rules if rule in errors]
                self._invalid[bound.column] += int(any_of(rows, masks).sum())

    def _statistic(self, limit: Limit) -> float | None:
        rows = self.ledger.total.rows
        if limit.statistic == "invalid":
            return float(self._invalid[limit.column or ""])
        if limit.statistic == "invalid_percent":
            return 100 * self._invalid[limit.column or ""] / rows
        return self.profile.statistic(limit.column, limit.statistic)

    def _mostly(self) -> Iterator[Finding]:
        """Judge the least share of good rows that some row-wise expectations state."""
        total = self.ledger.total
        failing = total.rules + total.warnings
        for item in self._suite.listed:
            if item.scope == "rows" and "mostly" in item.rule.kwargs:
                seen = self._looked_at[item.name]
                least = item.expectation.mostly
                limit = Limit(item.name, item.rule.severity, None, "share", least, None)
                yield limit.judge(1 - failing[item.name] / seen if seen else None)


def _repeated(schema: Schema, deliveries: tuple[Delivery, ...], rows: int) -> dict[str, Values]:
    """Return the repeated values of each unique column."""
    unique = tuple(column for column in schema.columns if column.unique)
    if not unique:
        return {}
    narrow = schema.model_copy(update={"columns": unique})

    def scan() -> Iterator[Columns]:
        for delivery in deliveries:
            for raw in read_delivery(delivery, schema, rows):
                yield parse(raw.cells, narrow).columns

    return repeated_values(scan, narrow.names)
