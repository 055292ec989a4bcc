"""Who asks: the address of a client, also behind proxies that are trusted."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

from lockgate.service.formats import Network

UNKNOWN = "unknown"
HOME = 64


def client(scope: Scope, trusted: tuple[Network, ...]) -> str:
    """Return whom a request comes from, as far as that can be known.

    ``X-Forwarded-For`` can be made up by anybody: its last entry is believed when the request
    comes from a trusted proxy, the one before when that entry is a trusted proxy too, and so on.

    Returns
    -------
    str
        The address; of IPv6 the network of 64 bits that one home or machine has; "unknown" when
        there is none, as on a Unix socket.
    """
    peer = (scope.get("client") or (UNKNOWN,))[0]
    if not trusted or not _within(peer, trusted):
        return _home(peer)
    sent = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
    for entry in reversed(sent.split(",")):
        if _address(entry.strip()) is None:
            break
        peer = entry.strip()
        if not _within(peer, trusted):
            break
    return _home(peer)


def _within(text: str, trusted: tuple[Network, ...]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in trusted)


@lru_cache(4096)
def _home(text: str) -> str:
    address = _address(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, HOME), strict=False))
    return str(address or UNKNOWN)


@lru_cache(4096)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
