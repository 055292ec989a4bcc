"""The form and the example row follow the schema, whatever its columns are."""

from dataclasses import replace

import numpy as np
import pytest

from lockgate import load_predictor
from lockgate.service.examples import example_row
from lockgate.service.form import form_fields


@pytest.fixture(scope="module")
def predictor(bundles):
    """Return a predictor of a number."""
    return load_predictor(bundles["regression"])


def changed(bundle, name, **changes):
    """Return the bundle with one column described otherwise."""
    columns = tuple(
        each.model_copy(update=changes) if each.name == name else each
        for each in bundle.schema.columns
    )
    return replace(bundle, schema=bundle.schema.model_copy(update={"columns": columns}))


def field(bundle, name, **options):
    """Return the field of a column."""
    (found,) = (each for each in form_fields(bundle, **options) if each.name == name)
    return found


def test_the_example_is_answered_without_a_warning(predictor):
    """It is typical, column by column; keys, groups and times are nobody's to show."""
    row = example_row(predictor.bundle)
    assert set(row) == {"area", "rooms", "kind", "place", "new", "built_on"}
    assert predictor.predict(row).warnings == ()
    assert isinstance(row["new"], bool)
    assert isinstance(row["rooms"], int)


def test_nothing_personal_is_shown(predictor):
    """Neither as an example nor as a suggestion, whoever asks."""
    bundle = changed(predictor.bundle, "place", personal=True)
    assert "place" not in example_row(bundle)
    shown = field(bundle, "place")
    assert (shown.example, shown.suggestions) == ("", ())


def test_whoever_may_not_ask_is_shown_no_text_of_training(predictor):
    """Only what the contract lists itself."""
    row = example_row(predictor.bundle, public=False)
    assert "place" not in row
    assert row["kind"] in {"flat", "house", "loft"}
    assert field(predictor.bundle, "place", public=False).suggestions == ()
    assert "p1" in field(predictor.bundle, "place").suggestions


def test_a_column_without_values_has_no_example(predictor):
    """Where the rows that are known all lack it."""
    golden = dict(predictor.bundle.golden)
    golden["area"] = np.full_like(golden["area"], np.nan)
    assert "area" not in example_row(replace(predictor.bundle, golden=golden))


def test_allowed_numbers_are_chosen_from(predictor):
    """As JSON numbers, the typical one filled in."""
    bundle = changed(predictor.bundle, "rooms", values=tuple(f"{n}.0" for n in range(1, 8)))
    shown = field(bundle, "rooms")
    assert (shown.input, shown.sends) == ("select", "number")
    assert (shown.example, shown.example) in shown.choices
    assert shown.choices[0] == ("1", "1")


def test_a_moment_is_asked_for_in_utc(predictor):
    """By the browser's own control, within its bounds."""
    bundle = changed(predictor.bundle, "built_on", type="timestamp", latest="2030-01-01T00:00:00")
    shown = field(bundle, "built_on")
    assert shown.input == "datetime-local"
    assert shown.hint == "not before 1900-01-01, not after 2030-01-01T00:00:00, in UTC"
    assert shown.example.startswith("19")
    assert not shown.example.endswith("Z")
    assert example_row(bundle)["built_on"].endswith("Z")


def test_allowed_moments_are_told(predictor):
    """A date control has no list; its hint has."""
    bundle = changed(predictor.bundle, "built_on", values=("1990-01-01", "2000-01-01"))
    shown = field(bundle, "built_on")
    assert (shown.input, shown.hint) == ("date", "1990-01-01, 2000-01-01")


def test_a_required_value_that_may_be_null_is_sent_as_null(predictor):
    """Absent it would be refused; everything else that is empty is left out."""
    bundle = changed(predictor.bundle, "area", nullable=True)
    assert field(bundle, "area").null
    assert not field(bundle, "area").required
    assert not field(predictor.bundle, "kind").null


def test_what_no_feature_reads_is_not_asked_for(predictor):
    """Unless a request must have it."""
    names = {each.name for each in form_fields(predictor.bundle)}
    assert names == {"sold_on", "area", "rooms", "kind", "place", "new", "built_on"}
    bundle = changed(predictor.bundle, "note", role="feature", requested=True)
    assert "note" in {each.name for each in form_fields(bundle)}


def test_free_text_is_written_in_several_lines(predictor):
    """Its example is made up: what somebody once wrote is shown to nobody."""
    bundle = changed(predictor.bundle, "place", text=True, pattern=None)
    shown = field(bundle, "place")
    assert (shown.input, shown.sends, shown.example) == ("textarea", "text", "some words")
    assert field(changed(bundle, "place", pattern="[a-z]+"), "place").example == ""
