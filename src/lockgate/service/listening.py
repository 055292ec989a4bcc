"""Where the service listens: the socket, the address that it is reached at, and TLS."""

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

from lockgate.errors import ParamsError
from lockgate.service.settings import Settings


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """Listen on the address that is set; connections wait until a worker is ready."""
    where = f"{settings.host}:{settings.port}"
    try:
        family, *_, at = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(at[:2], family=family, backlog=2048)
    except socket.gaierror as problem:
        hint = "set HOST to an address of this machine"
        raise ParamsError(f"cannot listen: {problem.strerror}", where=where, hint=hint) from None
    except OSError as problem:
        # Python's own words repeat the address.
        what = os.strerror(problem.errno) if problem.errno else str(problem)
        hint = "stop what listens there, or set PORT or HOST to something else"
        raise ParamsError(f"cannot listen: {what.lower()}", where=where, hint=hint) from None
    with listener:
        yield listener


def address(settings: Settings, listener: socket.socket) -> str:
    """Return the URL that the service is reached at from this machine."""
    host, port = listener.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http{'s' if settings.tls_cert else ''}://{f'[{host}]' if ':' in host else host}:{port}"


def check_certificate(settings: Settings) -> None:
    """See that TLS can be spoken, where it is asked for.

    Raises
    ------
    ParamsError
        When one of certificate and key is missing, or they do not belong together.
    """
    if settings.tls_cert is None and settings.tls_key is None:
        return
    if settings.tls_cert is None or settings.tls_key is None:
        raise ParamsError("LOCKGATE_TLS_CERT and LOCKGATE_TLS_KEY need each other")
    try:
        # Without a password OpenSSL would ask the terminal for that of an encrypted key.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password="")
    except OSError as problem:
        what = "certificate and key cannot be read, or do not belong together"
        raise ParamsError(f"{what}: {problem.strerror}", where=str(settings.tls_cert)) from None
