"""The report tells what features add to answers, on the whole and in one of them."""

from dataclasses import replace

import pytest

from lockgate.reporting import gallery
from lockgate.reporting.card import model_card
from lockgate.reporting.documents import details
from lockgate.reporting.reasons import ROWS
from tests.reporting import cases

TASKS = ["regression", "binary", "multiclass"]


@pytest.mark.parametrize("task", TASKS)
def test_features_are_ranked_by_what_they_add(task):
    """By the mean size of their contributions in some rows; the example adds up."""
    found = cases.make_findings(task).reasons
    means = [each.mean for each in found.weights]
    assert found.rows <= ROWS
    assert means == sorted(means, reverse=True)
    assert {name for name, _ in found.example.steps} <= {each.name for each in found.weights}
    assert all(each.low <= each.high for each in found.weights)
    total = found.example.base + sum(value for _, value in found.example.steps)
    assert total == pytest.approx(found.example.value, rel=1e-9)


@pytest.mark.parametrize("task", TASKS)
def test_they_are_in_pictures_document_and_card(task):
    """The picture of one answer leads from the base to the value, in words too."""
    findings = cases.make_findings(task)
    titles = [figure.title for figure in gallery.reasons(findings)]
    assert titles == ["Contributions", "One answer"]
    document = details(findings)["contributions"]
    assert document["features"][0]["feature"] == findings.reasons.weights[0].name
    assert "lockgate explain" in model_card(findings)


def test_a_model_that_is_not_explained_has_none():
    """The report and the card do without."""
    findings = cases.make_findings("regression")
    findings = replace(findings, reasons=None)
    assert list(gallery.reasons(findings)) == []
    assert "contributions" not in details(findings)
    assert "cannot be explained" in model_card(findings)
