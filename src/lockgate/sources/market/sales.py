"""Which houses sell in a month, when, and for how much: the truth, before any dirt."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.sources.market.arithmetic import Counters, bits, uniform
from lockgate.sources.market.houses import houses
from lockgate.sources.market.prices import noisy, true_price
from lockgate.tables import Columns

HOUSES_PER_SALE = 128


def sale_counters(month: int, count: int) -> Counters:
    """Return a number for each sale of a month, shape (count,), that no other sale has."""
    return np.arange(count, dtype=np.uint64) + np.uint64(month << 32)


def true_sales(seed: int, month: int, count: int) -> Columns:
    """Return the sales of one month by day, typed, each of shape (count,).

    They follow from the arguments alone, so that a month is the same in every simulation with the
    same seed and the same number of sales a month.

    Parameters
    ----------
    seed : int
    month : int
        Months since the year 0.
    count : int
    """
    numbers = _houses_sold(seed, month, count)
    columns = {
        "sale_id": _ids(f"S{month // 12:04d}{month % 12 + 1:02d}", np.arange(1, count + 1), 6),
        "house_id": _ids("H", numbers, 7),
        "sold_on": _days(seed, month, count),
    } | houses(seed, numbers, month)
    price = noisy(true_price(columns), seed, sale_counters(month, count))
    return columns | {"price": price}


def _houses_sold(seed: int, month: int, count: int) -> Counters:
    """Draw houses so that none sells twice in a month: an odd factor permutes a power of two."""
    stock = 1 << (HOUSES_PER_SALE * count - 1).bit_length()
    start, factor = bits(seed, "houses sold", np.array([2 * month, 2 * month + 1], dtype=np.uint64))
    steps = np.arange(count, dtype=np.uint64) * (factor | np.uint64(1))
    return np.asarray((start + steps) % np.uint64(stock))


def _days(seed: int, month: int, count: int) -> npt.NDArray[np.datetime64]:
    first = np.datetime64("0000-01", "M") + month
    days_in_month = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(
        int
    )
    days = np.floor(uniform(seed, "day", sale_counters(month, count)) * days_in_month)
    return np.asarray(first.astype("datetime64[s]") + np.sort(days).astype("timedelta64[D]"))


def _ids(prefix: str, numbers: npt.NDArray[np.integer], digits: int) -> npt.NDArray[np.object_]:
    text = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0")
    return np.asarray(pc.binary_join_element_wise(prefix, text, "").to_numpy(zero_copy_only=False))
