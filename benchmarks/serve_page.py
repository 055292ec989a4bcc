"""What benchmarks/serve.py prints: docs/benchmarks-serving.md."""

import sqlite3
from contextlib import closing
from pathlib import Path

import machine
from load import Load, Server
from measure import table

BATCH = 1000
BATCH_CONNECTIONS = 8
# How much of a core may be used at the peak.
USE = 0.6
BUSY = 8
AIMS = {BUSY: (35.0, 0.6), None: (4.0, None)}
# By connections, None of batches, and the server's name.
Loads = dict[tuple[int | None, str], Load]


def show(found: Loads, seconds: int, rounds: int) -> None:
    """Print a line for each question and server."""
    print(
        "# Benchmarks of the service\n\n"
        "Written by `make bench-serve`: one core for the server, one for\n"
        "[wrk](https://github.com/wg/wrk), the same rows for all, answers compared first.\n\n"
        "- **plain**: FastAPI, pydantic, pandas and the joblib pipeline "
        "([benchmarks/plain.py](../benchmarks/plain.py)),\n"
        "  sent the features ready-made; no interval, no key, no journal, no log.\n"
        "- **lockgate**: `make serve` with journal, API key, limits, metrics and log lines on.\n"
        "- **constant**: FastAPI answering any request with one number "
        "([benchmarks/constant.py](../benchmarks/constant.py)).\n\n"
        f"Of {rounds} rounds of {seconds} s, taken in turn, the fastest. CPU is what the "
        "server's process\nspends on a request, threads that write journal and log included."
    )
    machine.show(("fastapi", "numpy", "onnxruntime", "pandas", "scikit-learn", "uvicorn"))
    header = ("connections", "server", "requests/s ", "p50, ms ", "p99, ms ", "CPU, µs ")
    table(header, [_line(*place, load) for place, load in found.items()])
    show_ratios(found)


def show_ratios(found: Loads) -> None:
    """Print how often lockgate answers beside the others."""
    rows = []
    for connections in dict.fromkeys(connections for connections, _ in found):
        ours = found[connections, "lockgate"].rate
        to_plain, to_constant = (
            ours / found[connections, name].rate for name in ("plain", "constant")
        )
        least, share = AIMS.get(connections, (None, 0.6))
        rows.append(
            (
                _asked(connections),
                f"**{to_plain:.1f}**",
                f"{least:g}" if least else "",
                f"**{to_constant:.2f}**",
                f"{share:g}" if share else "",
            )
        )
    print("\nRequests a second of lockgate, as a multiple of the others':")
    header = ("connections", "of plain ", "at least ", "of constant ", "at least ")
    table(header, rows)


def show_capacity(found: Loads) -> None:
    """Print how many cores the service wants, for what is asked of it."""
    one, batch = (found[place, "lockgate"].cpu for place in (BUSY, None))
    rows = [
        ("1,000 requests/s of one row", f"{1000 * one / USE:.2f}"),
        (f"10,000 rows/s in batches of {BATCH:,}", f"{10_000 * batch / BATCH / USE:.2f}"),
    ]
    print(
        "\n## Capacity\n\n"
        f"Cores that keep {1 - USE:.0%} in reserve, so that queues are rare. A worker uses "
        "one.\nHow to plan with them: [serving.md](serving.md#capacity)."
    )
    table(("to answer", "cores "), rows)


def show_size(server: Server, resting: float) -> None:
    """Print what a worker takes before and after."""
    print(
        f"\nlockgate was ready {server.ready_seconds:.1f} s after its start. Its process had "
        f"{resting:.0f} MB resident before the\nload, and {server.megabytes():.0f} MB after it."
    )


def show_journal(journal: Path) -> None:
    """Print how much of the journal a row is."""
    size = "sum(length(cast(inputs as blob)) + length(cast(outputs as blob)))"
    query = f"select {size} * 1.0 / sum(rows) from predictions"
    with closing(sqlite3.connect(journal)) as connection:
        alone, together = (
            connection.execute(f"{query} where rows {which}").fetchone()[0]
            for which in ("= 1", "> 1")
        )
    print(
        f"\nA row that is asked alone is {alone:.0f} bytes of JSON in the journal, one of a batch "
        f"{together:.0f}."
    )


def _line(connections: int | None, name: str, load: Load) -> tuple[str, ...]:
    digits = 0 if load.rate > 100 else 1
    return (
        _asked(connections),
        name,
        f"{load.rate:,.{digits}f}",
        f"{load.p50:,.2f}",
        f"{load.p99:,.2f}",
        f"{load.cpu * 1e6:,.0f}",
    )


def _asked(connections: int | None) -> str:
    if connections is None:
        return f"{BATCH_CONNECTIONS}, batches of {BATCH:,} rows"
    return str(connections)
