"""Deliveries of the simulated market: one CSV file a month."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.errors import ParamsError
from lockgate.sources.market.dirt import soiled_lines
from lockgate.sources.market.sales import sale_counters, true_sales
from lockgate.tables import csv_lines, joined, to_text
from lockgate.tables.paths import replacing

EXAMPLE_SEED = 20260101
EXAMPLE_HASH = "e6433406c187512079e636c4285410ad.dir"
"""What DVC calls the directory that `simulate` writes when it is given nothing but its name."""

FIRST_MONTH = 2024 * 12
MOST_SALES = 10_000_000


def simulate(
    directory: str | Path,
    seed: int = EXAMPLE_SEED,
    *,
    months: int = 24,
    sales_per_month: int = 1000,
    dirt: bool = True,
) -> list[Path]:
    """Write the deliveries ``sales-2024-01.csv`` and so on; return their paths.

    A file depends on the seed, its month, `sales_per_month` and `dirt` alone: a further month adds
    a file and changes none. Every machine writes the same bytes.

    Parameters
    ----------
    directory : str or Path
        Made where it is missing; a file of the same name is replaced, no other is touched.
    seed : int
    months : int
        How many deliveries, one for each month from January 2024.
    sales_per_month : int
        Sales in each delivery; with dirt, about 0.8 % of them come twice.
    dirt : bool
        Whether to put in the faults that `describe` lists, or to write the truth.

    Raises
    ------
    ParamsError
        When an argument is out of range.
    """
    paths = []
    for month in delivery_months(months, sales_per_month):
        name = f"sales-{month // 12:04d}-{month % 12 + 1:02d}.csv"
        content = _delivery(seed, month, sales_per_month, dirt)
        with replacing(Path(directory) / name) as partial:
            partial.write_bytes(content)
        paths.append(Path(directory) / name)
    return paths


def delivery_months(months: int, sales_per_month: int) -> range:
    """Return the months, counted from the year 0, that `simulate` writes; errors as there."""
    if months < 1:
        raise ParamsError(
            f"{months} is not a number of months", where="months", hint="take 1 or more"
        )
    if not 1 <= sales_per_month <= MOST_SALES:
        raise ParamsError(
            f"{sales_per_month} sales a month cannot be simulated",
            where="sales_per_month",
            hint=f"take 1 to {MOST_SALES:,}",
        )
    return range(FIRST_MONTH, FIRST_MONTH + months)


def _delivery(seed: int, month: int, count: int, dirt: bool) -> bytes:
    columns = true_sales(seed, month, count)
    cells = {name: to_text(values) for name, values in columns.items()}
    cells["renovated"] = pc.if_else(pc.equal(cells["renovated"], "1"), "yes", "no")
    if dirt:
        lines = soiled_lines(cells, seed, month, sale_counters(month, count))
    else:
        lines = csv_lines(list(cells.values()))
    return joined(pa.concat_arrays([pa.array([",".join(cells)]), lines]))
