"""The model card."""

from dataclasses import replace

import pytest

from lockgate.artifact.manifest import MemberEntry
from lockgate.reporting.card import model_card
from lockgate.reporting.lineage import lineage
from tests.reporting.cases import TASKS, make_findings

HEADINGS = [
    "Model details",
    "Intended use",
    "Factors",
    "Metrics",
    "Evaluation data",
    "Training data",
    "Quantitative analyses",
    "Ethical considerations",
    "Caveats and recommendations",
]


@pytest.mark.parametrize("task", TASKS)
def test_the_card_has_the_published_headings(task: str) -> None:
    """The headings are those of Mitchell et al. 2019, in their order."""
    card = model_card(make_findings(task))
    assert [line[3:] for line in card.splitlines() if line.startswith("## ")] == HEADINGS


@pytest.mark.parametrize("task", TASKS)
def test_the_same_findings_give_the_same_card(task: str) -> None:
    """Two runs write the same bytes."""
    assert model_card(make_findings(task)) == model_card(make_findings(task))


def test_intended_use_names_what_a_request_needs() -> None:
    """What must and what may be given follows from the contract."""
    card = model_card(make_findings("regression"))
    assert "Estimates `cost` (EUR) of one parcel at a time." in card
    assert "A request must give: `weight`" in card
    assert "It may give: `pieces`, `size`, `zone`" in card


def test_personal_columns_are_named() -> None:
    """The card says which personal columns the model reads and which it does not."""
    card = model_card(make_findings("regression"))
    assert "- not read by the model: `parcel_id`" in card
    assert "- read by the model: `zone`" in card


def test_a_contract_without_personal_columns_says_so() -> None:
    """Nothing is claimed beyond what the contract classifies."""
    findings = make_findings("regression")
    columns = tuple(c.model_copy(update={"personal": False}) for c in findings.schema.columns)
    schema = findings.schema.model_copy(update={"columns": columns})
    card = model_card(replace(findings, bundle=replace(findings.bundle, schema=schema)))
    assert "classifies no column as personal" in card


def test_evaluation_data_says_how_rows_were_kept_back() -> None:
    """By date where there is one, else by a hash of the group."""
    assert "parcels with sent_on from 2026-03-" in model_card(make_findings("regression"))
    assert "kept back by a hash of their `sender`" in model_card(
        make_findings("binary", dated=False)
    )


def test_limits_are_stated() -> None:
    """What an interval means, where it is weakest, and what a range of training data is for."""
    card = model_card(make_findings("regression"))
    assert "The intervals promise 90% and hold " in card
    assert " of the test rows, all later than the training; " in card
    assert " in the worst fifth, predictions from " in card
    assert "Outside the training ranges above" in card
    assert "Weakest where zone = B|C" in card
    classes = model_card(make_findings("binary", dated=False))
    assert "calibrated" in classes
    assert "The prediction sets promise 90% and hold " in classes
    assert " of the test rows; " in classes
    assert " of the class " in classes


def test_a_bar_in_a_value_does_not_end_its_cell() -> None:
    """Names from the data do not break the tables."""
    card = model_card(make_findings("regression"))
    assert "| zone | B\\|C |" in card


def test_failed_checks_stand_out() -> None:
    """A check that failed is in bold."""
    findings = make_findings("regression")
    failed = [replace(check, passed=False) for check in findings.checks]
    card = model_card(replace(findings, checks=failed, slices=[]))
    assert "- **failed**: monotone" in card
    assert "slices with the highest loss" not in card


def test_the_members_of_an_ensemble_are_named_with_their_weights() -> None:
    """In the card and in the report's lineage: estimator, arguments, scale, weight."""
    findings = make_findings("regression")
    members = (
        MemberEntry(
            name="boosted",
            estimator="sklearn.ensemble.HistGradientBoostingRegressor",
            params={"max_iter": 12, "max_depth": 3},
            scale="log",
            weight=0.75,
        ),
        MemberEntry(name="linear", estimator="x.Ridge", params={}, scale="identity", weight=None),
    )
    manifest = findings.bundle.manifest
    primary = manifest.primary.model_copy(update={"members": members})
    manifest = manifest.model_copy(update={"primary": primary})
    findings = replace(findings, bundle=replace(findings.bundle, manifest=manifest))
    said = (
        "sklearn.ensemble.HistGradientBoostingRegressor (max_depth=3, max_iter=12) "
        "on the target's logarithm with weight 0.75"
    )
    assert f"  - boosted: {said}\n  - linear: x.Ridge\n" in model_card(findings)
    assert ("member boosted", said) in list(lineage(findings.bundle))
