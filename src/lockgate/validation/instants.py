"""Text to moments in time: ISO 8601, or a ``strptime`` format that the contract names."""

import re
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Instants = npt.NDArray[np.datetime64]

PLAIN = re.compile(r"(?:[^%]|%[YmdHMS])*")
FIRST = np.datetime64("0001-01-01", "s")
SECONDS = pa.timestamp("s")
# Formats of moments counted since 1970, with the parts of a second that are counted.
EPOCHS = {"%s": 1, "%s%3N": 1000}


def instants(text: pa.StringArray, format: str | None) -> Instants:
    """Return moments of shape (rows,), cut to the second, as datetime64[s] in UTC.

    A text that is null, or that is no moment, gives NaT. Each distinct text is read once.

    Parameters
    ----------
    text : pyarrow.StringArray, shape (rows,)
        Trimmed texts.
    format : str or None
        A ``strptime`` format, or one of `EPOCHS`; None reads ISO 8601, a day or a day with a time.
        A moment without an offset is taken as UTC.
    """
    coded = text.dictionary_encode()
    levels = coded.dictionary
    moments = _iso(levels) if format is None else _formatted(levels, format)
    moments[moments < FIRST] = np.datetime64("NaT")
    # The code -1 of a null picks the NaT at the end.
    codes = coded.indices.fill_null(-1).to_numpy()
    return np.asarray(np.append(moments, np.datetime64("NaT", "s"))[codes])


def _iso(levels: pa.StringArray) -> Instants:
    """Read ISO 8601: Arrow knows the common forms, Python the rest and which one is wrong."""
    try:
        return _numpy(levels.cast(SECONDS))
    except pa.ArrowInvalid:
        return _python(levels, None)


def _formatted(levels: pa.StringArray, format: str) -> Instants:
    """Read `format`: plain ones with Arrow, where that writes back as the same text.

    Its reader is the one of C, which takes the 30th of February for the 2nd of March.
    """
    if format in EPOCHS:
        return _counted(levels, EPOCHS[format])
    if not (PLAIN.fullmatch(format) and all(part in format for part in ("%Y", "%m", "%d"))):
        return _python(levels, format)
    moments = pc.strptime(levels, format=format, unit="s", error_is_null=True)
    same = pc.equal(pc.strftime(moments, format=format), levels).fill_null(False)
    result = _numpy(moments)
    rest = ~same.to_numpy(zero_copy_only=False)
    result[rest] = _python(levels.filter(pa.array(rest)), format)
    return result


def _counted(levels: pa.StringArray, parts: int) -> Instants:
    digits = pc.match_substring_regex(levels, r"^-?[0-9]{1,15}(\.[0-9]*)?$")
    known = pc.if_else(digits, levels, pa.scalar(None, pa.string()))
    counts = known.cast(pa.float64()).to_numpy(zero_copy_only=False)
    beyond = np.isnan(counts) | (np.abs(counts) >= 1e11 * parts)
    seconds = np.floor(np.where(beyond, 0.0, counts) / parts).astype(np.int64)
    return np.where(beyond, np.datetime64("NaT", "s"), seconds.astype("datetime64[s]"))


def _python(levels: pa.StringArray, format: str | None) -> Instants:
    return np.array([_moment(text, format) for text in levels.to_pylist()], "datetime64[s]")


def _moment(text: str, format: str | None) -> datetime | None:
    try:
        moment = datetime.strptime(text, format) if format else datetime.fromisoformat(text)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None


def _numpy(moments: pa.TimestampArray) -> Instants:
    values: npt.NDArray[Any] = moments.to_numpy(zero_copy_only=False)
    return values.astype("datetime64[s]")
