"""A real S3 server for tests: OpenStack Swift with its S3 API, one copy of each object, no root."""

import getpass
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

KEY, SECRET = "test:tester", "testing"
STORES = ("account", "container", "object")
SERVERS = (*STORES, "proxy")

COMMON = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {etc}
workers = 0
log_level = WARNING
devices = {devices}
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
"""
STORE = """
[pipeline:main]
pipeline = {server}-server
[app:{server}-server]
use = egg:swift#{server}
"""
PROXY = f"""
[pipeline:main]
pipeline = catch_errors cache s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_{KEY.replace(":", "_")} = {SECRET} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""
SWIFT = """
[swift-hash]
swift_hash_path_prefix = tests
swift_hash_path_suffix = tests
[storage-policy:0]
name = default
default = yes
"""
# In a process of its own: importing swift puts green threads under the importer's logging.
RINGS = """
import sys
from swift.common.ring import RingBuilder
for name, port in zip(sys.argv[1::2], sys.argv[2::2]):
    builder = RingBuilder(4, 1, 0)
    where = {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "disk"}
    builder.add_dev(where | {"weight": 1})
    builder.rebalance()
    builder.get_ring().save(f"{name}.ring.gz")
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class S3Server:
    """Four Swift processes that keep everything in one directory.

    Parameters
    ----------
    work : Path
        An empty directory on a file system with user xattrs.
    """

    work: Path
    ports: dict[str, int] = field(default_factory=lambda: {name: _free_port() for name in SERVERS})
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """Return the address that clients talk to."""
        return f"http://127.0.0.1:{self.ports['proxy']}"

    @property
    def etc(self) -> Path:
        """Return the directory of configuration files."""
        return self.work / "etc"

    def configure(self) -> None:
        """Write the configuration and the rings, which say where objects are kept."""
        self.etc.mkdir(parents=True)
        (self.work / "devices" / "disk").mkdir(parents=True)
        (self.etc / "swift.conf").write_text(SWIFT)
        for server, port in self.ports.items():
            text = COMMON + (PROXY if server == "proxy" else STORE)
            known = {"etc": self.etc, "user": getpass.getuser(), "devices": self.work / "devices"}
            (self.etc / f"{server}.conf").write_text(text.format(server=server, port=port, **known))
        stores = [word for name in STORES for word in (name, str(self.ports[name]))]
        subprocess.run([sys.executable, "-c", RINGS, *stores], cwd=self.etc, check=True)

    def start(self, server: str = "proxy") -> None:
        """Start one server; `wait` says when it answers."""
        program = Path(sys.executable).with_name(f"swift-{server}-server")
        with (self.work / f"{server}.log").open("ab") as log:
            self.running[server] = subprocess.Popen(
                [program, self.etc / f"{server}.conf"],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self, seconds: float = 60) -> None:
        """Wait until every started server listens."""
        deadline = time.monotonic() + seconds
        for server, process in self.running.items():
            while not self._listens(server):
                if process.poll() is not None or time.monotonic() > deadline:
                    log = (self.work / f"{server}.log").read_text()
                    raise RuntimeError(f"swift's {server} server does not answer\n{log[-2000:]}")
                time.sleep(0.05)

    def _listens(self, server: str) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.ports[server])) == 0

    def stop(self, server: str = "proxy", how: signal.Signals = signal.SIGTERM) -> None:
        """End one server; SIGKILL drops its connections in the middle of a request."""
        process = self.running.pop(server)
        os.killpg(process.pid, how)
        process.wait(timeout=30)

    def __enter__(self) -> "S3Server":
        self.configure()
        try:
            for server in SERVERS:
                self.start(server)
            self.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for server in list(self.running):
            self.stop(server, signal.SIGKILL)

    def client(self) -> Any:
        """Return a client of botocore, which comes with dvc-s3."""
        from botocore.config import Config
        from botocore.session import Session

        return Session().create_client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=Config(s3={"addressing_style": "path"}),
        )


def keeps_xattrs(directory: Path) -> bool:
    """Say whether Swift can keep its metadata on this file system."""
    probe = directory / "probe"
    probe.touch()
    try:
        os.setxattr(probe, "user.swift.metadata", b"1" * 1000)
    except (OSError, AttributeError):
        return False
    finally:
        probe.unlink()
    return True


@contextmanager
def serving() -> Iterator[S3Server]:
    """Serve S3 from a temporary directory, or skip and say what it would take."""
    pytest.importorskip("swift", reason="a real S3 server needs swift: make test installs it")
    with tempfile.TemporaryDirectory(prefix="lockgate-s3-") as name:
        if not keeps_xattrs(Path(name)):
            pytest.skip(f"Swift needs user xattrs, and {name} has none: set TMPDIR to an ext4 disk")
        with S3Server(Path(name) / "swift") as server:
            yield server
