"""Candidate and incumbent on the same test rows."""

import numpy as np

from lockgate.artifact import Bundle
from lockgate.contract import Column, Schema
from lockgate.features.batches import rows_of, select
from lockgate.features.splits import assign
from lockgate.features.target import target_values
from lockgate.gating.incumbent import Compared, Comparison, Incomparable, Skipped
from lockgate.learning.bootstrap import paired_bootstrap
from lockgate.learning.losses import MAIN_METRIC, row_losses
from lockgate.predict.columns import missing
from lockgate.predict.predictor import Predictor
from lockgate.tables import Columns

RESAMPLES = 2000


def compare(candidate: Bundle, incumbent: Bundle, test: Columns, *, seed: int) -> Comparison:
    """Let both bundles predict the test rows that neither was trained on.

    Each computes its own features from the contract's columns, so features and schema may have
    changed in between; a column that is gone is missing to the incumbent. The difference of the
    mean losses gets a confidence interval of 95 % by the paired bootstrap of
    `lockgate.learning.bootstrap.paired_bootstrap`.

    Parameters
    ----------
    candidate, incumbent : Bundle
        Their primary models are compared.
    test : Columns
        The candidate's test part: the contract's columns, each of shape (rows,).
    seed : int
        Of the bootstrap.

    Returns
    -------
    Skipped
        When both are the same bundle.
    Incomparable
        When no row is left, the target is another, or the rows cannot be told apart any more.
    Compared
        Otherwise.
    """
    if candidate.hash == incumbent.hash:
        return Skipped(f"the incumbent is this very bundle, {candidate.hash[:12]}")
    problem = _obstacle(candidate.schema, incumbent.schema)
    if problem:
        return Incomparable(problem)
    common = unseen(test, incumbent)
    left_out = rows_of(test) - rows_of(common)
    if not rows_of(common):
        return Incomparable(f"the incumbent was trained on all {left_out:,} test rows")
    y = target_values(common, candidate.schema)
    classes = candidate.schema.classes
    losses = (row_losses(y, _answer(each, common, classes)) for each in (candidate, incumbent))
    found = paired_bootstrap(*losses, resamples=RESAMPLES, seed=seed)
    metric = MAIN_METRIC[candidate.schema.task]
    return Compared(metric, found.change, found.low, found.high, rows_of(common), left_out)


def unseen(columns: Columns, bundle: Bundle) -> Columns:
    """Return the rows that a model was not trained on; its split tells, not where they are from."""
    rows = rows_of(columns)
    known = {c.name: columns.get(c.name, missing(c, rows)) for c in bundle.schema.columns}
    return select(columns, assign(known, bundle.schema, bundle.manifest.split) == "test")


def _answer(bundle: Bundle, columns: Columns, classes: tuple[str, ...]) -> Columns:
    """Predict, with the probabilities in the order of `classes`; an unknown class has none."""
    answer = Predictor(bundle).predict_columns(columns)
    if bundle.schema.classes == classes:
        return answer
    probabilities = np.zeros((rows_of(columns), len(classes)))
    for place, name in enumerate(bundle.schema.classes):
        if name in classes:
            probabilities[:, classes.index(name)] = answer["probabilities"][:, place]
    return {"probabilities": probabilities}


def _obstacle(ours: Schema, theirs: Schema) -> str:
    if (ours.target.name, bool(ours.classes)) != (theirs.target.name, bool(theirs.classes)):
        return (
            f"the incumbent predicts {theirs.target.name} ({theirs.task}) and the candidate "
            f"{ours.target.name} ({ours.task}); set gate.incumbent: none to begin anew"
        )
    known = {column.name: _storage(column) for column in ours.columns}
    other = [c.name for c in theirs.columns if known.get(c.name, _storage(c)) != _storage(c)]
    if other:
        return f"{', '.join(other)} had another type when the incumbent was trained"
    gone = [column.name for column in _split_by(theirs) if column.name not in known]
    if gone:
        return f"the incumbent's test rows were told apart by {', '.join(gone)}, which is gone"
    return ""


def _storage(column: Column) -> tuple[bool, bool]:
    return column.numeric, column.temporal


def _split_by(schema: Schema) -> tuple[Column, ...]:
    if schema.time is not None:
        return (schema.time,)
    named = tuple(column for column in (schema.group, schema.key) if column is not None)
    return named or schema.with_role("feature")
