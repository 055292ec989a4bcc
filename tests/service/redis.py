"""A Redis of its own."""

import shutil
import socket
import subprocess
import time

PROGRAM = shutil.which("redis-server")


class RedisServer:
    """A process that can be stopped, hung and started again on its port."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self):
        """Come up, empty."""
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder]
        self.process = subprocess.Popen(
            [PROGRAM, *where, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL
        )
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise TimeoutError

    def send(self, signal):
        """Send the process a signal."""
        self.process.send_signal(signal)

    def kill(self):
        """Go down at once."""
        self.process.kill()
        self.process.wait(10)
