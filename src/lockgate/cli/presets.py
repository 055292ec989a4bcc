"""What stands behind the names fast, good and best in params.yaml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lockgate.console import say, table
from lockgate.params import (
    EnsembleParams,
    MemberParams,
    ModelParams,
    SearchParams,
    SpaceParams,
    load_params,
)

PRESETS = ("fast", "good", "best")
HEADER = ("member", "what", "values")


def show_presets(path: Path) -> None:
    """Print the presets as the params that they are.

    Raises
    ------
    ParamsError
        When params.yaml cannot be used.
    """
    train = load_params(path).train
    told: dict[str, tuple[str, MemberParams]] = {}
    for name in PRESETS:
        entry = train.models.get(name)
        title = f"{name} (chosen)" if name == train.model else name
        if isinstance(entry, ModelParams):
            table(f"{title}: one estimator", HEADER, _rows(name, entry))
        if isinstance(entry, EnsembleParams):
            table(f"{title}: {_combined(entry)}", HEADER, list(_members(name, entry, told)))
    say("They are entries of train.models in params.yaml and may be changed there.")
    say("to choose one: set train.model, or dvc exp run -S train.model=good")


def _members(
    preset: str, entry: EnsembleParams, told: dict[str, tuple[str, MemberParams]]
) -> Iterator[tuple[str, str, str]]:
    for name, member in entry.members.items():
        where, known = told.setdefault(name, (preset, member))
        if where != preset and known == member:
            yield name, f"as in {where}", ""
        else:
            yield from _rows(name, member)


def _combined(entry: EnsembleParams) -> str:
    tried = f", {_searched(entry.search)}" if entry.search else ""
    return f"{entry.combine} of {len(entry.members)} members{tried}"


def _searched(search: SearchParams) -> str:
    rows = f", on at most {search.rows:,} rows" if search.rows else ""
    tried = f"{search.trials} trials of each with a space ({search.sampler})"
    return f"{tried}, {search.keep} kept{rows}"


def _rows(name: str, entry: ModelParams) -> Iterator[tuple[str, str, str]]:
    classes = [path for path in (entry.regressor, entry.classifier) if path]
    yield name, "classes", ", ".join(path.rpartition(".")[2] for path in classes)
    yield "", "encoding", entry.encoding
    if entry.params:
        yield (
            "",
            "params",
            ", ".join(f"{key} {_plain(value)}" for key, value in entry.params.items()),
        )
    if not isinstance(entry, MemberParams):
        return
    if entry.target_transform:
        yield "", "target_transform", entry.target_transform
    for argument, space in entry.space.items():
        yield "", f"space.{argument}", _values(space)


def _values(space: SpaceParams) -> str:
    if space.choices is not None:
        return " | ".join(_plain(each) for each in space.choices)
    return f"{space.low} .. {space.high}" + (" (logarithmic)" if space.log else "")


def _plain(value: Any) -> str:
    return "null" if value is None else str(value)
