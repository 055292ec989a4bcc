"""Pages for people."""

from lockgate.contract import Column
from lockgate.service.models import Loaded


def documentation(loaded: Loaded) -> str:
    """Return the page that lists the fields of a row, as HTML."""
    from lockgate.html import render

    schema = loaded.predictor.bundle.schema
    return render(
        "service.html",
        schema=schema,
        columns=[column for column in schema.columns if column.role in {"feature", "time"}],
        allowed=_allowed,
        version=loaded.version,
    )


def _allowed(column: Column) -> str:
    if column.values is not None:
        return ", ".join(column.values)
    words = {
        "at least": (column.minimum, column.earliest),
        "above": (column.exclusive_minimum,),
        "at most": (column.maximum, column.latest),
        "below": (column.exclusive_maximum,),
    }
    return ", ".join(
        f"{word} {bound if isinstance(bound, str) else format(bound, ',.12g')}"
        for word, bounds in words.items()
        for bound in bounds
        if bound is not None
    )
