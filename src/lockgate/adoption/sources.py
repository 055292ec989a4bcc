"""Which files an adopted table is made of, and the form in which the pipeline can read each."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from lockgate.adoption.dialects import Dialect, dialect_of, is_clean
from lockgate.adoption.foreign import rewrite_lines, rewrite_text
from lockgate.errors import DeliveryError
from lockgate.tables import Columns, read_csv_batches, read_parquet_batches, to_text

TEXT = (".csv", ".tsv", ".txt", ".tab", ".psv", ".data", ".dat")
LINES = (".jsonl", ".ndjson", ".json")
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
BATCH_ROWS = 100_000


@dataclass(frozen=True)
class Source:
    """A file of the table.

    Attributes
    ----------
    path : Path
        Where it is.
    name : str
        What it is called in data/raw.
    dialect : Dialect or None
        How it must be rewritten; None where the pipeline reads it as it is.
    """

    path: Path
    name: str
    dialect: Dialect | None = None


def find_sources(pattern: str) -> tuple[Source, ...]:
    """Return the files that a path, a folder or a glob names, sorted by name.

    Raises
    ------
    DeliveryError
        When there is none, or one is of a kind that cannot be read.
    TableError
        When one cannot be opened.
    """
    place = Path(pattern)
    if place.is_dir():
        found = [p for p in place.rglob("*") if p.is_file() and not p.name.startswith(".")]
        found = [path for path in found if _ending(path) in (*TEXT, *LINES, ".parquet")]
    else:
        found = [place] if place.is_file() else _globbed(place)
    files = sorted(path for path in found if path.is_file())
    if not files:
        raise DeliveryError(
            "there is no such file",
            where=pattern,
            hint="name a CSV, Parquet or JSON lines file, a folder of them, or a glob in quotes",
        )
    taken: set[str] = set()
    return tuple(_source(path, taken) for path in files)


def _globbed(pattern: Path) -> list[Path]:
    relative = pattern.relative_to(pattern.anchor) if pattern.is_absolute() else pattern
    return list(Path(pattern.anchor).glob(relative.as_posix()))


def _ending(path: Path) -> str:
    inner = path.with_suffix("") if path.suffix.lower() in PACKED else path
    return inner.suffix.lower()


def _source(path: Path, taken: set[str]) -> Source:
    ending = _ending(path)
    if ending == ".parquet":
        return Source(path, _free(path.stem, ".parquet", taken))
    packed = path.suffix.lower() in PACKED
    stem = Path(path.stem).stem if packed else path.stem
    if ending in LINES:
        return Source(path, _free(stem, ".csv", taken), Dialect(lines=True))
    dialect = dialect_of(path)
    if is_clean(path, dialect):
        return Source(path, _free(stem, ".csv.gz" if packed else ".csv", taken))
    return Source(path, _free(stem, ".csv", taken), dialect)


def _free(stem: str, ending: str, taken: set[str]) -> str:
    name, number = f"{stem}{ending}", 2
    while name in taken:
        name, number = f"{stem}-{number}{ending}", number + 1
    taken.add(name)
    return name


def place(source: Source, folder: Path) -> Path:
    """Put a source into `folder` in a form that the pipeline reads, and return where.

    A file that can be read as it is is copied; any other is rewritten as CSV in UTF-8, line by
    line, with its cells unchanged.
    """
    target = folder / source.name
    if source.dialect is None:
        shutil.copyfile(source.path, target)
    elif source.dialect.lines:
        rewrite_lines(source.path, target)
    else:
        rewrite_text(source.path, target, source.dialect)
    return target


def read_cells_of(paths: tuple[Path, ...]) -> Iterator[tuple[pa.Table, int]]:
    """Yield the cells of all files as text, with the number of malformed records, in batches.

    Raises
    ------
    DeliveryError
        When a file has other columns than the first.
    TableError
        When a file is damaged.
    """
    names: list[str] = []
    for path in paths:
        for cells, malformed in _batches(path):
            names = names or cells.column_names
            if set(cells.column_names) != set(names):
                odd = sorted(set(cells.column_names) ^ set(names))
                raise DeliveryError(
                    f"its columns are not those of {paths[0].name}: {', '.join(odd)}",
                    where=path.name,
                    hint="adopt files of one table, and deliver others later",
                )
            yield cells.select(names), malformed


def _batches(path: Path) -> Iterator[tuple[pa.Table, int]]:
    if path.name.endswith(".parquet"):
        for columns in read_parquet_batches(path, BATCH_ROWS):
            yield _as_text(columns), 0
    else:
        for batch in read_csv_batches(path, BATCH_ROWS):
            yield batch.cells, len(batch.malformed)


def _as_text(columns: Columns) -> pa.Table:
    return pa.table({name: to_text(values) for name, values in columns.items()})
