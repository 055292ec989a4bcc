"""Opening tables in any encoding and compression."""

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from lockgate.errors import TableError
from lockgate.tables.paths import reading

PROBED_BYTES = 1 << 20
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

_ENCRYPTED = 1
_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile)


def encoding_of(path: Path) -> str:
    """Return UTF-8, what a mark says, or Windows-1252 or Latin-1 for any other text.

    Raises
    ------
    TableError
        When the file cannot be read.
    """
    with opened(path) as file:
        start = file.read(4)
        for mark, name in _MARKS.items():
            if start.startswith(mark):
                return name
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            decoder.decode(start)
            while block := file.read(PROBED_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _single_bytes(path)
    return "utf-8"


def _single_bytes(path: Path) -> str:
    undefined = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])
    with opened(path) as file:
        while block := file.read(PROBED_BYTES):
            if any(byte in block for byte in undefined):
                return "latin-1"
    return "cp1252"


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, plain or packed, whatever its name, for reading the bytes in it.

    Raises
    ------
    TableError
        When it cannot be read, is cut off or damaged, or is an archive of several files or with a
        password.
    """
    with reading(path), path.open("rb") as raw:
        magic = raw.read(6)
        raw.seek(0)
        try:
            with _unpacked(raw, magic, path) as file:
                yield file
        except _DAMAGED as problem:
            raise TableError(
                f"it is cut off or damaged: {problem}",
                where=str(path),
                hint="fetch or compress it again",
            ) from None


def _unpacked(raw: IO[bytes], magic: bytes, path: Path) -> AbstractContextManager[Any]:
    if magic.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=raw)
    if magic.startswith(b"BZh"):
        return bz2.BZ2File(raw)
    if magic.startswith(b"\xfd7zXZ"):
        return lzma.LZMAFile(raw)
    if magic.startswith(b"\x28\xb5\x2f\xfd"):
        unpacked: AbstractContextManager[Any] = pa.CompressedInputStream(raw, "zstd")
        return unpacked
    if magic.startswith(b"PK\x03\x04"):
        archive = zipfile.ZipFile(raw)
        members = [name for name in archive.namelist() if not name.endswith("/")]
        if len(members) != 1 or members[0].startswith(("xl/", "[")):
            raise TableError(
                f"the archive holds {len(members)} files, not one table",
                where=str(path),
                hint="extract it, and adopt the table in it",
            )
        if archive.getinfo(members[0]).flag_bits & _ENCRYPTED:
            raise TableError(
                "the archive asks for a password",
                where=str(path),
                hint="extract it, and adopt the table in it",
            )
        return archive.open(members[0])
    return nullcontext(raw)


@contextmanager
def text_of(file: IO[bytes], encoding: str) -> Iterator[IO[str]]:
    """Read bytes as text with its own line ends; the file stays open."""
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield text
    finally:
        text.detach()
