"""A slow and plain reading of CSV, one character at a time, to compare with."""

from dataclasses import dataclass


@dataclass
class Record:
    """One record: the line it starts on, its text, its cells, and whether a quote stays open."""

    line: int
    text: str = ""
    cells: tuple[str, ...] = ()
    unclosed: bool = False


def read_records(text, separator=",", line=1):
    """Return the records of `text`; blank lines are none."""
    records, place = [], 0
    while place < len(text):
        record, stop = _read_record(text, place, separator, line)
        line += _breaks(text[place:stop])
        place = stop
        if record.text:
            records.append(record)
    return records


def _read_record(text, place, separator, line):
    start, cells, cell, state = place, [], "", "start"
    while place < len(text):
        char = text[place]
        if state != "quoted" and char in "\r\n":
            record = Record(line, text[start:place], (*cells, cell))
            return record, place + 1 + (text[place : place + 2] == "\r\n")
        if state == "start" and char == '"':
            state = "quoted"
        elif state == "quoted" and char == '"':
            if text[place + 1 : place + 2] == '"':
                cell, place = cell + '"', place + 1
            else:
                state = "plain"
        elif state != "quoted" and char == separator:
            cells, cell, state = [*cells, cell], "", "start"
        else:
            cell, state = cell + char, state if state == "quoted" else "plain"
        place += 1
    return Record(line, text[start:], (*cells, cell), state == "quoted"), place


def _breaks(text):
    return text.count("\n") + text.count("\r") - text.count("\r\n")
