"""One row gets the answer that it gets in a batch, bit for bit, and every answer is a sound one."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.predict.answers import Answer, NumberAnswer
from tests.properties.contracts import examples
from tests.properties.models import ENSEMBLES, FORMS, TASKS, predictor_of, schema_for
from tests.properties.values import rows

LIGHTGBM = "needs the system package libgomp1"
ROWS = st.lists(rows(schema_for("number")), min_size=1, max_size=6)


def is_sound(answer: Answer) -> bool:
    """Tell whether a prediction lies in its interval or set, and probabilities are such."""
    if isinstance(answer, NumberAnswer):
        return -math.inf < answer.lower <= answer.value <= answer.upper < math.inf
    shares = answer.probabilities
    best = max(shares.values())
    whole = math.isclose(sum(shares.values()), 1.0) and min(shares.values()) >= 0
    return (
        answer.label in answer.prediction_set
        and whole
        and shares[answer.label] == answer.probability == best
    )


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("form", [*FORMS, *ENSEMBLES])
@examples(40)
@given(ROWS, st.integers(1, 12))
def test_one_row_is_answered_as_in_a_batch_and_soundly(
    form: str, task: str, batch: list[dict[str, Any]], times: int
) -> None:
    """For any row that the contract admits: huge, missing, unseen and absent values."""
    if form == "leafwise boosting":
        pytest.importorskip("lightgbm", reason=LIGHTGBM, exc_type=OSError)
    predictor = predictor_of(form, task)
    alone = [predictor.predict(row) for row in batch]
    together = predictor.predict(batch * times)
    # repr tells apart what == does not, such as 0.0 and -0.0
    assert [repr(each) for each in together] == [repr(each) for each in alone] * times
    assert all(is_sound(answer) for answer in alone)
