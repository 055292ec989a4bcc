"""Rows in; predictions with intervals, remarks and lineage out. Knows nothing of HTTP."""

from lockgate.predict.answers import (
    Answer,
    Answers,
    ClassAnswer,
    Lineage,
    NumberAnswer,
    all_warnings,
    column,
    runs,
    warnings,
)
from lockgate.predict.explaining import Explanation
from lockgate.predict.predictor import Predictor, load_predictor
from lockgate.predict.remarks import Remark
from lockgate.predict.rows import Row, Sifted
from lockgate.predict.together import Batch

__all__ = [
    "Answer",
    "Answers",
    "Batch",
    "ClassAnswer",
    "Explanation",
    "Lineage",
    "NumberAnswer",
    "Predictor",
    "Remark",
    "Row",
    "Sifted",
    "all_warnings",
    "column",
    "load_predictor",
    "runs",
    "warnings",
]
