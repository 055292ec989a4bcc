"""Deliveries gathered to chunks of a useful size: a small one is not worth a run of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lockgate.contract import Schema
from lockgate.tables import Columns
from lockgate.validation.deliveries import Delivery, RawBatch, read_delivery
from lockgate.validation.parse import Mask, Parsed, any_of, parse

CHUNK_BYTES = 32 << 20


@dataclass(frozen=True, eq=False)
class Part:
    """The rows ``start`` to ``stop`` of a chunk, which come from one delivery."""

    delivery: Delivery
    raw: RawBatch
    start: int
    stop: int

    @property
    def rows(self) -> int:
        """Number of delivered rows, malformed records among them."""
        return self.raw.rows


@dataclass(frozen=True, eq=False)
class Chunk:
    """Parsed rows of one or more deliveries.

    Attributes
    ----------
    columns : dict of ndarray, each of shape (rows,)
    unparsed : dict of bool ndarray, each of shape (rows,)
    parts : tuple of Part
        Where the rows come from, in order and without gaps.
    """

    columns: Columns
    unparsed: dict[str, Mask]
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int:
        """Number of rows, without malformed records."""
        return self.parts[-1].stop

    def readable(self) -> Mask:
        """Tell which rows, shape (rows,), have no cell that could not be read."""
        return ~any_of(self.rows, self.unparsed.values())


def read_chunks(deliveries: tuple[Delivery, ...], schema: Schema, rows: int) -> Iterator[Chunk]:
    """Yield all rows of all deliveries, in order, in chunks of at least `rows` rows but the last.

    A chunk has less than twice as many; it has fewer where its cells are so long that memory would
    grow with them. Errors as of `read_delivery`.
    """
    waiting: list[tuple[Delivery, RawBatch, Parsed]] = []
    gathered = held = 0
    for delivery in deliveries:
        for raw in read_delivery(delivery, schema, rows):
            waiting.append((delivery, raw, parse(raw.cells, schema)))
            gathered += raw.rows
            held += raw.size
            if gathered >= rows or held >= CHUNK_BYTES:
                yield _joined(waiting, schema)
                waiting, gathered, held = [], 0, 0
    if waiting:
        yield _joined(waiting, schema)


def _joined(waiting: list[tuple[Delivery, RawBatch, Parsed]], schema: Schema) -> Chunk:
    stops = np.cumsum([len(raw.lines) for _, raw, _ in waiting]).tolist()
    starts = [0, *stops[:-1]]
    parts = [
        Part(delivery, raw, start, stop)
        for (delivery, raw, _), start, stop in zip(waiting, starts, stops, strict=True)
    ]
    batches = [parsed for *_, parsed in waiting]
    columns = {n: np.concatenate([batch.columns[n] for batch in batches]) for n in schema.names}
    failed = {name for batch in batches for name in batch.unparsed}
    unparsed = {name: _mask(name, batches) for name in schema.names if name in failed}
    return Chunk(columns, unparsed, tuple(parts))


def _mask(name: str, batches: list[Parsed]) -> Mask:
    none = [np.zeros(len(next(iter(b.columns.values()))), dtype=bool) for b in batches]
    return np.concatenate([b.unparsed.get(name, n) for b, n in zip(batches, none, strict=True)])
