"""The lines of a stream, as they arrive."""

from collections.abc import AsyncIterator

ROWS = 200


class Endless(Exception):
    """A line is longer than a line may be."""


async def lines_of(chunks: AsyncIterator[bytes], longest: int) -> AsyncIterator[list[bytes]]:
    """Yield the lines of a text in groups, blank ones left out, however they fall into chunks.

    Parameters
    ----------
    longest : int
        Bytes that a line may have before its end has arrived.

    Raises
    ------
    Endless
        When no end has arrived within `longest` bytes; what comes before it was yielded.
    """
    rest = bytearray()
    async for chunk in chunks:
        # Only what is new is looked through: a long line may arrive in very many pieces.
        ended, newline, begun = chunk.rpartition(b"\n")
        if newline:
            for group in _groups(bytes(rest + ended)):
                yield group
            rest.clear()
        rest += begun
        if len(rest) > longest:
            raise Endless
    for group in _groups(bytes(rest)):
        yield group


def _groups(text: bytes) -> list[list[bytes]]:
    lines = [line for line in text.split(b"\n") if line.strip()]
    return [lines[start : start + ROWS] for start in range(0, len(lines), ROWS)]
