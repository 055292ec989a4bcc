"""Several processes share one journal."""

import subprocess
import sys
import time
from pathlib import Path

from tests.journal.test_journal import count

ROOT = Path(__file__).parents[2]
PROCESSES, RECORDS = 4, 300
WRITES = """
import sys, time
from tests.journal.test_journal import make_writer, record
path, first, count, start = sys.argv[1], *map(int, sys.argv[2:])
writer = make_writer(path)
time.sleep(max(0, start - time.time()))
for number in range(first, first + count):
    writer.put(record(number, rows=3))
    if number % 20 == 0:
        time.sleep(0.01)
writer.close(60)
print(writer.written, writer.dropped)
"""


def test_processes_that_write_at_once_lose_nothing(tmp_path):
    """Each may be the first, which makes the file and its tables."""
    path = tmp_path / "journal.db"
    together = str(int(time.time()) + 3)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITES, str(path), str(each * RECORDS), str(RECORDS), together],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for each in range(PROCESSES)
    ]
    said = [writer.communicate(timeout=120)[0].split() for writer in writers]
    assert said == [[str(3 * RECORDS), "0"]] * PROCESSES
    assert count(path) == PROCESSES * RECORDS
