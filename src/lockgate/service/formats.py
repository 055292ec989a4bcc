"""What is written in settings of more than one word: rates, networks, origins."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limits import RateLimitItem

Network = IPv4Network | IPv6Network
ORIGIN = re.compile(
    r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\]"
)


def fits(read: Callable[[str], object]) -> Callable[[str], str]:
    """Return a check that a text can be read; the text itself stays what the setting is."""

    def checked(text: str) -> str:
        read(text)
        return text

    return checked


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds."""

    amount: int
    seconds: int


def rate(text: str) -> Rate:
    """Read a rate as the `limits` library writes it, such as ``100/second``.

    Raises
    ------
    ValueError
        When it is none, or allows nothing.
    """
    found = _limit(text)
    if found is None or found.amount < 1:
        raise ValueError("must be one rate, such as 100/second, 1000/hour or 50 per 10 minutes")
    return Rate(found.amount, found.get_expiry())


def networks(text: str) -> tuple[Network, ...]:
    """Read addresses and networks, such as ``10.0.0.0/8, ::1``.

    Raises
    ------
    ValueError
        When one of them is none.
    """
    try:
        return tuple(ip_network(each.strip()) for each in text.split(","))
    except ValueError:
        raise ValueError("must be addresses or networks, such as 10.0.0.0/8, ::1") from None


def origins(text: str) -> tuple[str, ...]:
    """Read origins of web pages, such as ``https://shop.example``; ``*`` is any.

    Raises
    ------
    ValueError
        When one of them is none, as a browser would send it: no path, lower case.
    """
    found = tuple(each.strip() for each in text.split(","))
    if found != ("*",) and not all(ORIGIN.fullmatch(each) for each in found):
        raise ValueError("must be origins such as https://shop.example, without a path, or *")
    return found


def _limit(text: str) -> "RateLimitItem | None":
    from limits import parse_many

    try:
        found = parse_many(text)
    except ValueError:
        return None
    return found[0] if len(found) == 1 else None
