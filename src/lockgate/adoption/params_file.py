"""params.yaml for an adopted table: the example's own values are reset, all else stays."""

import json
import re
from pathlib import Path

import yaml

from lockgate.adoption.deciding import Findings
from lockgate.adoption.decision import Decision
from lockgate.adoption.relations import LEAKS, LIMITS
from lockgate.errors import ParamsError
from lockgate.features.calendar import parts_of

FEW_ROWS = 5_000
TIME_PARTS = ("month", "day_of_week", "hour", "days")
YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def params_text(text: str, findings: Findings, path: Path) -> str:
    """Return params.yaml with the values that a new table needs, and its comments and layout.

    Feature functions, slices, checks, thresholds and the incumbent belong to the table before.

    Parameters
    ----------
    text : str
        The present params.yaml.
    findings : Findings
        What was decided of the table.
    path : Path
        For messages.

    Raises
    ------
    ParamsError
        When a key is not where it can be found.
    """
    for key, value in _values(findings).items():
        text = replaced(text, key, value, path)
    return text


def _values(findings: Findings) -> dict[str, str]:
    test_from = f'"{findings.test_from}"' if findings.test_from else "null"
    # With few rows chance moves it, and over time drift does.
    unsure = findings.rows < FEW_ROWS or findings.test_from is not None
    coverage = "null" if unsure else "{min: 0.8, max: 0.97}"
    kept = any(LEAKS in said for each in findings.columns for said in each.warnings)
    return {
        "featurize.module": "null",
        "featurize.features": _features(findings),
        "featurize.split.test_from": test_from,
        "featurize.split.test_share": f"{findings.test_share:g}",
        # Where the person has kept one, only what is the target exactly is refused.
        "featurize.leaks.refuse": "1.0" if kept else f"{LIMITS.refuse:g}",
        "train.target_transform": "log" if findings.log else "none",
        "evaluate.slices": "[]",
        "evaluate.checks": "[]",
        "gate.incumbent": "none",
        "gate.thresholds": _thresholds(findings),
        "gate.min_improvement_over_baseline": "null",
        "gate.interval_coverage": coverage,
    }


def _thresholds(findings: Findings) -> str:
    """Ask for what a constant can do, where neither chance nor drift can make a model miss it."""
    if findings.rows < FEW_ROWS:
        return "{}"
    if findings.spread is None:
        return "{roc_auc: {min: 0.5}}"
    if findings.test_from or not findings.spread:
        return "{}"
    # YAML takes a power of ten for a number only where there is a point before it.
    worst = float(f"{findings.spread:.3g}")
    return yaml.safe_dump({"mae": {"max": worst}}, default_flow_style=True).strip()


def _features(findings: Findings) -> str:
    """Name each feature where there are dates that null leaves out: a time, or days between two."""
    time = next((each for each in findings.columns if each.role == "time"), None)
    if time is None and not findings.spans:
        return "null"
    names: list[str] = []
    for each in findings.columns:
        if each.role == "feature" and each.kind.type in ("date", "timestamp"):
            names += [f"{each.name}_{part}" for part in parts_of(each.kind.type)]
        elif each.role == "feature":
            names.append(each.name)
    names += [*_time_parts(time, findings), *findings.spans]
    return "".join(f"\n    - {_quoted(name)}" for name in names)


def _time_parts(time: Decision | None, findings: Findings) -> list[str]:
    if time is None:
        return []
    taken = {each.name for each in findings.columns} | findings.leaking_parts
    parts = parts_of(time.kind.type)
    names = [f"{time.name}_{part}" for part in TIME_PARTS if part in parts]
    return [name for name in names if name not in taken]


def _quoted(name: str) -> str:
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and name.lower() not in YAML_WORDS
    return name if plain else json.dumps(name, ensure_ascii=False)


def replaced(text: str, key: str, value: str, path: Path) -> str:
    """Return YAML text in which `key`, such as ``gate.thresholds``, has another value.

    The comment on the key's line stays; what is nested below it goes. A value of several lines
    begins with a line break.

    Raises
    ------
    ParamsError
        When the key does not stand on a line of its own.
    """
    lines = text.splitlines()
    start, stop = 0, len(lines)
    indent = -1
    for part in key.split("."):
        place = _find(lines, part, start, stop, indent)
        if place is None:
            raise ParamsError(
                f"the line of {key} was not found", where=str(path), hint=f"set it to {value}"
            )
        indent = _indent(lines[place])
        start, stop = place + 1, _end(lines, place, stop)
    comment = re.search(r"\s+#[^'\"]*$", lines[start - 1])
    name = key.rpartition(".")[2]
    first, *rest = value.split("\n")
    line = f"{' ' * indent}{name}: {first}".rstrip()
    lines[start - 1 : stop] = [line + (comment[0] if comment else ""), *rest]
    return "\n".join(lines) + "\n"


def _find(lines: list[str], part: str, start: int, stop: int, indent: int) -> int | None:
    found = [
        place
        for place in range(start, stop)
        if re.match(rf"\s*{re.escape(part)}\s*:", lines[place]) and _indent(lines[place]) > indent
    ]
    # Keys that are nested deeper may have the same name.
    return min(found, key=lambda place: _indent(lines[place]), default=None)


def _end(lines: list[str], place: int, stop: int) -> int:
    """Return the line after the last one that is nested below `place`."""
    end = place + 1
    for below in range(place + 1, stop):
        line = lines[below]
        if line.strip() and not line.lstrip().startswith("#"):
            dashed = line.lstrip().startswith("- ") and _indent(line) == _indent(lines[place])
            if _indent(line) <= _indent(lines[place]) and not dashed:
                break
            end = below + 1
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
