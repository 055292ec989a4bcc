"""Chance and elementary functions with the same bits on every machine.

Only integer arithmetic and single additions, multiplications and divisions of float64 are used:
IEEE 754 fixes the last bit of each of them. It does not fix that of exp and log, which differ
between CPU types, and numpy's generators may change between versions.
"""

import hashlib

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counters = npt.NDArray[np.uint64]

_LN2 = 0.6931471805599453
_SQRT_HALF = 0.7071067811865476


def bits(seed: int, stream: str, counters: Counters) -> Counters:
    """Return 64 random bits for each counter: splitmix64, started by a hash of seed and stream.

    Parameters
    ----------
    seed : int
    stream : str
        What the numbers are for; streams are independent of each other.
    counters : ndarray of uint64, shape (n,)

    References
    ----------
    Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    """
    start = int.from_bytes(hashlib.sha256(f"{seed}/{stream}".encode()).digest()[:8], "little")
    state = counters * np.uint64(0x9E3779B97F4A7C15) + np.uint64(start)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def uniform(seed: int, stream: str, counters: Counters) -> Floats:
    """Return a number in [0, 1) for each counter, shape (n,)."""
    return np.asarray((bits(seed, stream, counters) >> np.uint64(11)) * 2.0**-53)


def normal(seed: int, stream: str, counters: Counters) -> Floats:
    """Return a nearly normal number for each counter, shape (n,), of mean 0 and variance 1.

    It is the sum of twelve 16-bit uniform numbers less six, so it stays within 6 of 0, and its
    distribution is known exactly.
    """
    total = np.zeros(counters.shape, dtype=np.uint64)
    for part in range(3):
        word = bits(seed, f"{stream}/{part}", counters)
        for shift in (0, 16, 32, 48):
            total += (word >> np.uint64(shift)) & np.uint64(0xFFFF)
    return np.asarray((total.astype(np.float64) + 6) / 65536 - 6)


def exp(x: npt.ArrayLike) -> Floats:
    """Return e to the power `x`, to 1e-14 relative for `x` within 20 of 0."""
    x = np.asarray(x, dtype=np.float64)
    halvings = np.rint(x / _LN2)
    rest = x - halvings * _LN2
    result = np.ones_like(rest)
    for n in range(13, 0, -1):
        result = 1 + rest * result / n
    return np.asarray(np.ldexp(result, halvings.astype(np.int64)))


def log(x: npt.ArrayLike) -> Floats:
    """Return the natural logarithm of `x`, above 0, to 1e-14 relative or 1e-15 absolute."""
    mantissa, exponent = np.frexp(np.asarray(x, dtype=np.float64))
    small = mantissa < _SQRT_HALF
    mantissa, exponent = np.where(small, mantissa * 2, mantissa), exponent - small
    ratio = (mantissa - 1) / (mantissa + 1)
    square = ratio * ratio
    series = np.zeros_like(ratio)
    for n in range(21, 0, -2):
        series = series * square + 1 / n
    return np.asarray(exponent * _LN2 + 2 * ratio * series)
