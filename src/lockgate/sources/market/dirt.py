"""The faults of the deliveries, at known rates."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.sources.market.arithmetic import Counters, bits, uniform
from lockgate.tables import csv_lines

Cells = dict[str, pa.StringArray]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fault:
    """One kind of dirt in a cell.

    Attributes
    ----------
    rate : float
        The share of sales that it strikes.
    bad : bool
        The row cannot be used: it belongs in quarantine.
    meaning : str
        What is wrong.
    columns : tuple of str
        It strikes one of these columns of a row.
    texts : tuple of str
        One of these takes the place of the cell, which stands where they say ``{}``.
    """

    rate: float
    bad: bool
    meaning: str
    columns: tuple[str, ...]
    texts: tuple[str, ...]


_REQUIRED = ("square_feet", "bedrooms", "bathrooms", "age_years", "distance_to_city")
_PADDED = ("square_feet", "bathrooms", "property_type", "neighbourhood", "renovated", "price")

FAULTS = (
    Fault(0.003, True, "a needed value is missing", _REQUIRED, ("",)),
    Fault(0.005, True, "a blank or ? instead of a number", _REQUIRED, (" ", "?")),
    Fault(0.001, True, "a sale without its price", ("price",), ("",)),
    Fault(0.001, True, "a unit beside the number", ("square_feet",), ("{} sq ft",)),
    Fault(0.001, True, "33 bedrooms", ("bedrooms",), ("33",)),
    Fault(0.001, True, "built in the future", ("age_years",), ("-1", "-2", "-3")),
    Fault(0.0005, True, "a code for an unknown age", ("age_years",), ("-999",)),
    Fault(0.002, True, "an unknown property type", ("property_type",), ("houseboat", "castle")),
    Fault(0.001, True, "an unknown condition", ("condition",), ("9",)),
    Fault(0.001, False, "a blank or ? instead of a lot size", ("lot_square_feet",), (" ", "?")),
    Fault(0.010, False, "blanks around the cell", _PADDED, (" {}  ",)),
)
DUPLICATE_RATE = 0.005
CORRECTION_RATE = 0.003
MALFORMED_RATE = 0.5
MISSING_RATES = {
    "lot_square_feet": 0.008,
    "condition": 0.008,
    "neighbourhood": 0.005,
    "renovated": 0.008,
}


def soiled_lines(cells: Cells, seed: int, month: int, counters: Counters) -> pa.StringArray:
    """Return the lines of a delivery with everything that is wrong with it.

    Each sale has one fault at most. Duplicates, and the corrected rows of sales that were first
    delivered with a price a tenth too high, come at the end. In some months one line is torn in
    two.

    Parameters
    ----------
    cells : dict of StringArray, each of shape (n,)
        The true sales as text.
    seed, month : int
    counters : ndarray of uint64, shape (n,)
        One for each sale.
    """
    rates = [fault.rate for fault in FAULTS] + [DUPLICATE_RATE, CORRECTION_RATE]
    draws = np.searchsorted(np.cumsum(rates), uniform(seed, "fault", counters), side="right")
    cells = _with_missing_values(cells, seed, counters)
    choices = bits(seed, "fault detail", counters)
    first_told = cells
    for number, fault in enumerate(FAULTS):
        first_told = _strike(first_told, fault, np.flatnonzero(draws == number), choices)
    duplicates, corrected = (np.flatnonzero(draws == len(FAULTS) + extra) for extra in (0, 1))
    first_told = _overpriced(first_told, corrected)
    lines = [csv_lines(list(first_told.values()))]
    lines += [lines[0].take(duplicates), csv_lines(list(cells.values())).take(corrected)]
    return _torn(pa.concat_arrays(lines), seed, month)


def _with_missing_values(cells: Cells, seed: int, counters: Counters) -> Cells:
    for name, rate in MISSING_RATES.items():
        rows = np.flatnonzero(uniform(seed, f"missing {name}", counters) < rate)
        cells = _replace(cells, name, rows, [""] * rows.size)
    return cells


def _strike(cells: Cells, fault: Fault, rows: Rows, choices: Counters) -> Cells:
    column = choices[rows] % np.uint64(len(fault.columns))
    text = (choices[rows] >> np.uint64(32)) % np.uint64(len(fault.texts))
    for number, name in enumerate(fault.columns):
        struck = rows[column == number]
        old = cells[name].take(struck).to_pylist()
        templates = [fault.texts[choice] for choice in text[column == number]]
        new = [template.format(cell) for template, cell in zip(templates, old, strict=True)]
        cells = _replace(cells, name, struck, new)
    return cells


def _overpriced(cells: Cells, rows: Rows) -> Cells:
    prices = cells["price"].take(rows).to_pylist()
    return _replace(cells, "price", rows, [str(int(price) * 11 // 10) for price in prices])


def _replace(cells: Cells, name: str, rows: Rows, texts: list[str]) -> Cells:
    mask = np.zeros(len(cells[name]), dtype=bool)
    mask[rows] = True
    return cells | {name: pc.replace_with_mask(cells[name], mask, pa.array(texts, pa.string()))}


def _torn(lines: pa.StringArray, seed: int, month: int) -> pa.StringArray:
    counter = np.array([month], dtype=np.uint64)
    if uniform(seed, "torn", counter)[0] >= MALFORMED_RATE:
        return lines
    row = int(bits(seed, "torn line", counter)[0] % np.uint64(len(lines)))
    fields = lines[row].as_py().split(",")
    middle = len(fields) // 2
    halves = pa.array([",".join(fields[:middle]), ",".join(fields[middle:])])
    return pa.concat_arrays([lines[:row], halves, lines[row + 1 :]])
