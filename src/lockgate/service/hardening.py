"""The headers that keep a browser from misusing an answer."""

from collections.abc import Sequence

Headers = Sequence[tuple[bytes, bytes]]

POLICY = b"content-security-policy"
HARDENED = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
HARDENED_DATA = (*HARDENED, (POLICY, b"default-src 'none'; frame-ancestors 'none'"))
HARDENED_PAGE = (
    *HARDENED,
    (
        POLICY,
        b"default-src 'none'; script-src 'self'; style-src 'self'; "
        b"img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        b"frame-ancestors 'none'",
    ),
)
OURS = frozenset(name for name, _ in HARDENED_DATA)


def hardening(headers: Headers) -> Headers:
    """Return what is to be added to the headers of an answer.

    One that a route sets itself, such as a page's own Content-Security-Policy, stands.
    """
    given = dict(headers)
    page = given.get(b"content-type", b"").startswith(b"text/html")
    added = HARDENED_PAGE if page else HARDENED_DATA
    if OURS.isdisjoint(given):
        return added
    return [each for each in added if each[0] not in given]
