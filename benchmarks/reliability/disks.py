"""A small disk of its own, for root: it can be full, read-only, and well again."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BALLAST = "ballast"
BLOCK = bytes(4096)


@dataclass(frozen=True)
class Disk:
    """A file system in memory."""

    folder: Path

    def fill(self) -> None:
        """Leave no space."""
        try:
            with (self.folder / BALLAST).open("ab", buffering=0) as file:
                while True:
                    file.write(BLOCK)
        except OSError:
            return

    def clear(self) -> None:
        """Give the space back."""
        (self.folder / BALLAST).unlink()

    def remount(self, how: str) -> None:
        """Make it read-only, "ro", or writable, "rw"."""
        command = ["mount", "-o", f"remount,{how}", str(self.folder)]
        subprocess.run(command, check=True, capture_output=True)


@contextmanager
def disk(folder: Path, megabytes: int) -> Iterator[Disk | None]:
    """Mount a disk until the block ends; None where that is not allowed."""
    folder.mkdir(parents=True)
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m"]
    if not shutil.which("mount") or not _done("mount", *options, "tmpfs", str(folder)):
        yield None
        return
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _done(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
