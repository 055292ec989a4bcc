"""A prediction is found by whichever process is asked."""

import httpx

from lockgate.service import exchange
from lockgate.service.lookup import FRESH
from tests.artifact.cases import ROW
from tests.journal.test_journal import count
from tests.service.processes import eventually, served, workers
from tests.service.test_feedback import served as make_app
from tests.service.test_feedback import talk

PREDICTIONS = 40


def test_any_worker_finds_what_another_predicted(bundles, tmp_path):
    """At once, though the other has yet to write it; a stop then loses none."""
    path = tmp_path / "journal.db"
    variables = {"WORKERS": "3", "LOCKGATE_JOURNAL": str(path)}
    with served(bundles["regression"], **variables) as (server, address):
        eventually(lambda: len(workers(server)) == 3)
        for _ in range(PREDICTIONS):
            # Each on a connection of its own, so that any worker may get it.
            made = httpx.post(f"{address}/predict", json=ROW).json()
            given = {"prediction_id": made["prediction_id"], "value": 700}
            assert httpx.post(f"{address}/feedback", json=given).json() == {"new": 1, "known": 0}
            found = httpx.get(f"{address}/predictions/{made['prediction_id']}").json()
            assert found["rows"][0]["truth"] == 700
    assert count(path) == PREDICTIONS


def test_a_prediction_that_may_yet_come_is_asked_for_later(bundles, tmp_path):
    """An id that is too old for that is no prediction's, and neither is one that is none."""
    app = make_app(bundles, tmp_path / "journal.db")
    young = exchange.new_id()
    old = f"{int(young[:12], 16) - 2 * FRESH:012x}{young[12:]}"
    soon, never, none = talk(
        app, *(("GET", f"/predictions/{name}", None) for name in (young, old, "none"))
    )
    assert soon.status_code == 503
    assert soon.headers["retry-after"] == "5"
    assert never.status_code == none.status_code == 404
