"""A column of free text, from training to the answer for one row."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockgate import load_predictor
from lockgate.artifact import Trained, relative_difference, save
from lockgate.artifact.compile import compile_form
from lockgate.artifact.pipelines import pipeline_form
from lockgate.artifact.runtime import build as build_form
from lockgate.artifact.spec import Text
from lockgate.contract import Column, Schema
from lockgate.features import compute, resolve
from lockgate.features.inputs import Alone
from lockgate.features.plan import Plan
from lockgate.learning.estimators import build
from lockgate.learning.links import Link
from lockgate.params import LevelParams, ModelParams
from lockgate.tables import Columns
from tests.artifact import cases

NAMES = ("note", "area", "kind", "rooms", "log_area")
WORDS = np.array(
    ["quiet", "bright", "noisy", "garden", "view", "balcony", "damp", "new", "cellar", "lift"]
)
LINK = Link("identity", 0.0, 5000.0)


def schema() -> Schema:
    """Return the contract's schema with notes as free text."""
    plain = cases.make_schema()
    note = Column(name="note", type="string", role="feature", text=True, max_length=200)
    columns = tuple(note if each.name == "note" else each for each in plain.columns)
    return plain.model_copy(update={"columns": columns})


def rows(count: int = 600, seed: int = 0) -> Columns:
    """Return rows whose notes say something of the rent."""
    found = cases.make_rows(count, seed)
    words = np.random.default_rng(seed + 100).integers(0, len(WORDS), (count, 4))
    notes = [" ".join(WORDS[row]) if row[0] else "" for row in words]
    found["rent"] = found["rent"] + 100 * np.array(["garden" in note for note in notes])
    return found | {"note": np.array(notes, dtype=object)}


@cache
def fitted(estimator: str, encoding: Any) -> Any:
    """Fit a pipeline as the train stage does."""
    entry = ModelParams(regressor=estimator, encoding=encoding)
    levels = LevelParams(max_levels=20, min_rows=8)
    features = resolve(NAMES, cases.MODULE, schema())
    train = rows()
    pipeline = build(entry, features, link=LINK, levels=levels, seed=0)
    return pipeline.fit(pd.DataFrame(compute(features, train)), train["rent"])


BOOSTING = "sklearn.ensemble.HistGradientBoostingRegressor"
RIDGE = "sklearn.linear_model.Ridge"


@pytest.mark.parametrize(
    ("estimator", "encoding"),
    [
        (BOOSTING, "native"),
        (BOOSTING, "target"),
        (RIDGE, "onehot"),
        ("sklearn.ensemble.ExtraTreesRegressor", "target"),
    ],
)
def test_texts_are_read_as_in_training(estimator: str, encoding: str) -> None:
    """Missing and unknown words included, and a row alone exactly as in a batch."""
    pipeline = fitted(estimator, encoding)
    features = resolve(NAMES, cases.MODULE, schema())
    asked = cases.with_holes(rows(200, seed=4))
    asked["note"][::9], asked["note"][4::9] = "", "QUIET;gardens and xyzzy \u00e4\U0001f600"
    values = compute(features, asked)
    compiled = compile_form(pipeline)
    assert compiled is not None
    form = build_form(compiled.spec, compiled.arrays)
    answers = form(values)
    assert relative_difference(pipeline_form(pipeline)(values), answers) <= 1e-12
    plan = Plan(features)
    for row in range(0, 200, 7):
        inputs = plan(cases.one(asked, row))
        np.testing.assert_array_equal(form(inputs)[0], answers[row])
        texts = {name: each.item() for name, each in inputs.texts.items()}
        alone = Alone(inputs.names, inputs.numbers[:, 0].tolist(), texts)
        np.testing.assert_array_equal(form(alone)[0], answers[row])


def test_what_texts_say_is_learned() -> None:
    """A note without its words is worth less."""
    features = resolve(NAMES, cases.MODULE, schema())
    asked = rows(200, seed=4)
    garden = asked | {"note": np.array(["garden quiet view"] * 200, dtype=object)}
    damp = asked | {"note": np.array(["damp quiet view"] * 200, dtype=object)}
    form = pipeline_form(fitted(BOOSTING, "native"))
    gain = form(compute(features, garden)) - form(compute(features, damp))
    assert np.median(gain) > 50


def test_a_bundle_lists_no_text_and_remarks_on_none(tmp_path: Path) -> None:
    """Nobody has seen a new text, which is nothing to remark on."""
    described, train = schema(), rows()
    features = resolve(NAMES, cases.MODULE, described)
    models = [
        Trained(fitted(*each), each[0], {}, link=LINK, half_width=cases.HALF_WIDTH)
        for each in ((BOOSTING, "native"), (RIDGE, "onehot"))
    ]
    directory = tmp_path / "model"
    training = cases.training("regression", features)
    save(
        directory,
        replace(training, schema=described, rows=train),
        primary=models[0],
        baseline=models[1],
    )
    predictor = load_predictor(directory)
    assert set(predictor.bundle.levels) == {"kind"}
    entry = next(each for each in predictor.bundle.manifest.features if each.name == "note")
    assert (entry.kind, entry.levels) == ("text", None)
    asked = {**cases.ROW, "note": "a garden that no training row had"}
    one = predictor.predict(asked)
    assert one.warnings == ()
    assert predictor.predict([asked, asked])[1].value == one.value
    assert predictor.predict({**asked, "note": "damp"}).value != one.value
    assert predictor.predict({**asked, "note": None}).value > 0


def test_a_form_without_terms_is_served() -> None:
    """Notes that share no word are a block of no width."""
    features = resolve(("note", "area"), cases.MODULE, schema())
    train = rows(60)
    train["note"] = np.array([chr(0x4E00 + row) * 5 for row in range(60)], dtype=object)
    values = compute(features, train)
    entry = ModelParams(regressor=RIDGE)
    levels = LevelParams(max_levels=20, min_rows=8)
    pipeline = build(entry, features, link=LINK, levels=levels, seed=0)
    pipeline.fit(pd.DataFrame(values), train["rent"])
    compiled = compile_form(pipeline)
    assert compiled is not None
    assert next(each for each in compiled.spec.blocks if isinstance(each, Text)).width == 0
    answers = build_form(compiled.spec, compiled.arrays)(values)
    assert relative_difference(pipeline_form(pipeline)(values), answers) <= 1e-12
