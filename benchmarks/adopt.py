"""What adopting a table costs: CPU time beside pandas reading it, and peak memory.

``python benchmarks/adopt.py [ROWS ...]`` makes a table of 20 columns, clean and dirty ones,
adopts it in a project of its own with ``--yes``, and lets pandas read the same file. Each runs in
a process of its own and measures itself, so that what DVC does, which hashes and copies the data
in a process of its own, does not count.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
from measure import CHECKOUT, ENVIRONMENT, say, table

BLOCK = 500_000
ASKED = 10.0
# Resident memory is asked of the kernel: ru_maxrss begins with that of the parent.
MEASURED = """
import resource, re, sys
from pathlib import Path
{work}
usage = resource.getrusage(resource.RUSAGE_SELF)
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(usage.ru_utime + usage.ru_stime, int(peak[1]) / 1024, file=sys.stderr)
"""
ADOPT = """
from lockgate.adoption.wishes import Wishes
from lockgate.cli.adopt import adopt
adopt(Path(), "table.csv", Wishes("cost"), explain=False, yes=True)
"""
COMMAND = "`lockgate adopt table.csv --target cost --yes`"
PANDAS = """
import pandas
pandas.read_csv("table.csv")
"""


@dataclass(frozen=True)
class Spent:
    """CPU seconds and the largest resident size of one process."""

    seconds: float
    megabytes: float


def main(*sizes: int) -> None:
    """Measure, and print the section."""
    rows: list[tuple[str, ...]] = []
    for size in sizes or (1_000_000,):
        megabytes, floor, ours = measured(size)
        ratio = f"**{ours.seconds / floor.seconds:.1f}**"
        start = (f"{size:,}", f"{megabytes:,.0f}")
        rows.append((*start, "`pandas.read_csv`", f"{floor.seconds:.1f}", "1", memory(floor)))
        rows.append((*start, COMMAND, f"{ours.seconds:.1f}", ratio, memory(ours)))
    print("\n## Adopting a table, beside pandas reading it\n")
    print(
        "A CSV file of 20 columns: an id, dates, numbers with gaps, amounts with signs and "
        "separators, codes,\ncategories and texts. adopt reads every cell as text, decides, and "
        "copies the file into `data/raw`;\nwhat DVC's own process does, hashing and storing, is "
        f"left out. Asked: at most {ASKED:g} times pandas, and\nless than 1 GB at 5 million rows."
    )
    table(("rows ", "MB ", "command", "CPU seconds ", "of pandas ", "memory, MB "), rows)


def measured(rows: int) -> tuple[float, Spent, Spent]:
    """Return the size of a table in MB, and what pandas and adopt take for it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        say(f"adopt: making a table of {rows:,} rows")
        make(folder / "table.csv", rows)
        lay_out(folder)
        say(f"adopt: {rows:,} rows, pandas")
        floor = spent(PANDAS, folder)
        say(f"adopt: {rows:,} rows")
        return (folder / "table.csv").stat().st_size / 1e6, floor, spent(ADOPT, folder)


def memory(spent: Spent) -> str:
    """Write the memory."""
    return f"{spent.megabytes:,.0f}"


def lay_out(root: Path) -> None:
    """Make a project in which a table can be adopted."""
    (root / "data").mkdir()
    (root / "params.yaml").write_bytes((CHECKOUT / "params.yaml").read_bytes())
    for command in (["git", "init", "--quiet"], ["dvc", "init", "--quiet"]):
        subprocess.run(command, cwd=root, env=ENVIRONMENT, check=True)


def spent(work: str, folder: Path) -> Spent:
    """Run Python code in a process of its own, and return what it took."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED.format(work=work)],
        cwd=folder,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    seconds, megabytes = done.stderr.split()[-2:]
    return Spent(float(seconds), float(megabytes))


def make(path: Path, rows: int) -> None:
    """Write a table of 20 columns, block by block, the same for the same number of rows."""
    random = np.random.default_rng(1)
    with path.open("wb") as file:
        for first in range(0, rows, BLOCK):
            block = pa.table(columns(random, first, min(BLOCK, rows - first)))
            options = pa.csv.WriteOptions(include_header=not first, quoting_style="needed")
            pa.csv.write_csv(block, file, options)


def columns(random: np.random.Generator, first: int, rows: int) -> dict[str, pa.Array]:
    """Return rows of the table."""
    numbers = {f"number_{n}": pa.array(random.normal(size=rows).round(4)) for n in range(8)}
    days = np.datetime64("2015-01-01") + np.sort(random.integers(0, 3000, rows))
    places = np.arange(first, first + rows)
    amounts = random.gamma(2, 900, rows)
    gaps = random.random(rows) < 0.05
    return numbers | {
        "order_id": pa.array([f"O{place:08d}" for place in places]),
        "ordered_on": pa.array(np.datetime_as_string(days, unit="D")),
        "pieces": pa.array(random.integers(1, 40, rows)),
        "weight": pa.array(random.gamma(3, 2, rows).round(3), mask=gaps),
        "price": pa.array([f"${amount:,.2f}" for amount in amounts]),
        "zip_code": picked(random, rows, [f"{code:05d}" for code in range(1_000, 9_000, 7)]),
        "customer": picked(random, rows, [f"customer {n}" for n in range(20_000)]),
        "kind": picked(random, rows, ["book", "toy", "tool", "?"]),
        "city": picked(random, rows, [f"city {n}" for n in range(300)]),
        "gift": picked(random, rows, ["yes", "no"]),
        "rating": pa.array(random.integers(1, 6, rows)),
        "cost": pa.array((amounts * random.random(rows)).round(2)),
    }


def picked(random: np.random.Generator, rows: int, texts: list[str]) -> pa.Array:
    """Return a column of texts chosen at random."""
    chosen: npt.NDArray[np.int64] = random.integers(0, len(texts), rows)
    return pa.array(texts).take(pa.array(chosen))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
