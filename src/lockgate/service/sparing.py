"""Keeps a worker small: what libraries load because they find it, and never use here, stays out."""

import ctypes
import gc
import mmap
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# structlog's console, and FastAPI's look at whether a model is one of pydantic 1.
UNUSED = ("rich", "pydantic.v1")
# Code of a library: mapped from a file, and never written to.
CODE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ \S+ +/")


@contextmanager
def sparing() -> Iterator[None]:
    """Load a worker's app inside of this: it takes a quarter less memory.

    What imports `UNUSED` takes the failure for its absence, and does so as long as the process
    lives, unless loading fails. Rows are predicted one by one, so the threads of numpy's linear
    algebra would only hold memory and wait.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    kept_out = [name for name in UNUSED if name not in sys.modules]
    modules: dict[str, Any] = sys.modules
    modules.update(dict.fromkeys(kept_out))  # None says that there is no such module
    try:
        yield
    except BaseException:
        for name in kept_out:
            del sys.modules[name]
        raise
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        _give_back(ctypes.CDLL(None))


def _give_back(system: ctypes.CDLL) -> None:
    """Return to the system what loading has freed, and the code that only loading runs.

    What is called again is read again, from the file or the system's cache of it.
    """
    if hasattr(system, "malloc_trim"):  # only the GNU library has it
        system.malloc_trim(0)
    for start, end in CODE.findall(Path("/proc/self/maps").read_text(encoding="utf-8")):
        at, size = int(start, 16), int(end, 16) - int(start, 16)
        system.madvise(ctypes.c_void_p(at), ctypes.c_size_t(size), mmap.MADV_DONTNEED)
