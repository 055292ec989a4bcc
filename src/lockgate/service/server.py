"""Processes: one worker or several behind one socket, and how they start and stop."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from lockgate.errors import LockgateError
from lockgate.service.keys import keyring_of
from lockgate.service.listening import address, check_certificate, listening
from lockgate.service.messages import write_json
from lockgate.service.settings import Settings
from lockgate.service.sparing import sparing

if TYPE_CHECKING:
    from lockgate.service.app import Service
    from lockgate.service.state import State

COUNTERS = "PROMETHEUS_MULTIPROC_DIR"
START_SECONDS = 120.0
# What is still being answered, such as a stream without an end, is cut off after so long.
GRACE_SECONDS = 30
REFUSED = 2


class Supervisor(Multiprocess):
    """Keeps the workers running; the first loads alone, so that what is wrong is said once."""

    def __init__(
        self, config: uvicorn.Config, sockets: list[socket.socket], settings: Settings
    ) -> None:
        super().__init__(config, sockets)
        self._settings = settings

    def init_processes(self) -> None:
        """Start the workers."""
        wanted, self.processes_num = self.processes_num, 1
        super().init_processes()
        let_go(self.processes)
        first = self.processes[0]
        first.wait_until_ready(START_SECONDS, self.should_exit)
        self.config.app = partial(worker, self._settings, None)
        self.processes_num = wanted - 1
        if first.process.is_alive():
            super().init_processes()
            let_go(self.processes)
        self.processes_num = wanted

    def keep_subprocess_alive(self) -> None:
        """Restart workers that died; what they were answering is no longer in flight."""
        from prometheus_client.multiprocess import mark_process_dead

        before = {each.pid for each in self.processes}
        # Those that died are replaced before the others are asked, which may take them a while.
        self.processes.sort(key=lambda each: each.process.is_alive())
        super().keep_subprocess_alive()
        let_go(self.processes)
        for pid in before - {each.pid for each in self.processes}:
            mark_process_dead(pid)


def let_go(processes: Sequence[Process]) -> None:
    """Close the ends that workers have of the pipes on which they are asked whether they live.

    Otherwise one that dies before it answers is waited for until uvicorn's patience ends.
    """
    for each in processes:
        each.child_conn.close()


def serve(settings: Settings) -> int:
    """Serve until told to stop.

    Returns
    -------
    int
        0 after an orderly stop, 2 when the model cannot be served.

    Raises
    ------
    ParamsError
        When the address is taken or is none of this machine's, the certificate does not fit, or
        others could ask and there are no keys.
    """
    check_certificate(settings)
    # Each worker does so too, when others could connect already.
    keyring_of(settings)
    write_json(settings.log_level)
    signal.signal(signal.SIGTERM, _stop)
    # To uvicorn a class, of which it makes no other use than to call it.
    protocol: Any = partial(connection, settings.idle_seconds)
    with listening(settings) as listener:
        config = uvicorn.Config(
            partial(worker, settings, address(settings, listener)),
            factory=True,
            workers=settings.workers,
            loop="uvloop",
            http=protocol,
            timeout_keep_alive=settings.keep_alive_seconds,
            timeout_graceful_shutdown=GRACE_SECONDS,
            log_config=None,
            access_log=False,
            server_header=False,
            # Else uvicorn would believe whatever another program of this machine sends.
            proxy_headers=False,
            ssl_certfile=settings.tls_cert,
            ssl_keyfile=settings.tls_key,
        )
        if settings.workers == 1:
            return _alone(config, listener)
        return _several(config, listener, settings)


def connection(patience: float, **named: Any) -> asyncio.Protocol:
    """Return the protocol of a new connection; what it imports, whoever supervises never needs."""
    from lockgate.service.shedding import SheddingProtocol

    return SheddingProtocol(patience=patience, **named)


def _alone(config: uvicorn.Config, listener: socket.socket) -> int:
    os.environ.pop(COUNTERS, None)
    try:
        uvicorn.Server(config).run([listener])
    except KeyboardInterrupt:
        return 0
    return 0


def _several(config: uvicorn.Config, listener: socket.socket, settings: Settings) -> int:
    with TemporaryDirectory(prefix="lockgate-") as folder:
        os.environ[COUNTERS] = folder
        supervisor = Supervisor(config, [listener], settings)
        supervisor.run()
    failed = any(each.exitcode == STARTUP_FAILURE for each in supervisor.processes)
    return REFUSED if failed else 0


def worker(settings: Settings, greeting: str | None) -> "Service":
    """Return the app of one worker process; `greeting` is the address that it makes known."""
    write_json(settings.log_level)
    try:
        with sparing():
            from lockgate.service.app import create_app

            app = create_app(settings)
    except LockgateError as problem:
        from lockgate.console import complain

        complain(str(problem))
        sys.exit(STARTUP_FAILURE if settings.workers > 1 else problem.exit_code)
    if greeting:
        version = app.state.service.router.current.version
        sys.stdout.write(f"Serving {version} on {greeting}\n")
        sys.stdout.write(f"Open {greeting} in a browser, or: curl {greeting}/ready\n")
        sys.stdout.flush()
    return app


@contextmanager
def draining(state: "State") -> Iterator[None]:
    """On SIGTERM go on answering for a while, not ready, then stop; on a second one stop at once.

    A load balancer needs that while to see that it should send requests elsewhere.
    """
    stop = signal.getsignal(signal.SIGTERM)
    loop = asyncio.get_running_loop()

    def told(number: int, frame: FrameType | None) -> None:
        assert callable(stop)
        if state.stopping.is_set():
            stop(number, frame)
            return
        state.stopping.set()
        loop.call_soon_threadsafe(
            loop.call_later, state.settings.drain_seconds, stop, number, frame
        )

    signal.signal(signal.SIGTERM, told)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, stop)


def _stop(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
