"""What a column is for: features, and what had better be none, each with its reason."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from lockgate.adoption import deciding
from lockgate.adoption.params_file import params_text
from lockgate.errors import ContractError
from tests.adoption.tables import ROWS, cycled, decided, findings_of, noise

PLACES = range(ROWS)
PARAMS = Path(__file__).with_name("params.yaml")
DAYS = [f"{2020 + r // 60}-{1 + r // 5 % 12:02d}-{1 + r % 28:02d}" for r in PLACES]
TARGET = [noise(row * 3 + 1) for row in PLACES]


@pytest.mark.parametrize(
    ("name", "cells", "role", "reason"),
    [
        ("customerID", [f"C{r:05d}-X" for r in PLACES], "key", "the key"),
        ("order_id", [r * 37 + 1000 for r in PLACES], "key", "the key"),
        ("Unnamed: 0", list(PLACES), "ignore", "numbers the rows"),
        ("id", [r + 1 for r in PLACES], "ignore", "numbers the rows"),
        ("house_id", [r // 2 * 31 for r in PLACES], "group", "that rows repeat"),
        ("sold_on", DAYS, "time", "when a row happened"),
        ("one_word", cycled("same"), "ignore", "constant"),
        ("one_number", cycled(3), "ignore", "constant"),
        ("nothing", cycled(""), "ignore", "empty"),
        ("only_gaps", cycled("?", "N/A"), "ignore", "empty"),
        ("hardly", ["7", *cycled("", rows=ROWS - 1)], "ignore", "almost empty"),
        ("remark", [f"they said {r} and then {r + 1} times" for r in PLACES], "feature", "free"),
        ("address", [f"{r} Long Winding Road" for r in PLACES], "ignore", "personal"),
        ("token", [f"{r * 7919:x} z" for r in PLACES], "ignore", "its own value"),
        ("copy", [noise(row) for row in PLACES], "feature", ""),
        ("leak", TARGET, "ignore", "is the target itself"),
        ("leak", [2 * t + 5 for t in TARGET], "ignore", "linear function"),
        ("leak", [round(t**3, 3) for t in TARGET], "ignore", "rank correlation"),
        ("outcome_value_each", [noise(5 * r) for r in PLACES], "ignore", "contains the target"),
        ("cancellation_fee", [noise(5 * r) for r in PLACES], "ignore", "only afterwards"),
        ("email", [f"p{r}@example.org" for r in PLACES], "ignore", "e-mail"),
        ("contact", [f"p{r}@example.org" for r in PLACES], "ignore", "e-mail"),
        ("last_name", [f"Name{r % 90}" for r in PLACES], "ignore", "personal"),
        ("reach", [f"+49 {r % 90 + 100} {r + 20000}" for r in PLACES], "ignore", "phone"),
        ("address", [f"{r} Main Road" for r in PLACES], "ignore", "personal"),
        ("date_of_birth", DAYS, "ignore", "birth"),
        ("age", [r % 60 + 18 for r in PLACES], "feature", ""),
        ("product_name", cycled("pen", "ink"), "feature", ""),
        ("store_id", cycled(1, 2, 3), "feature", ""),
        ("previous_outcome", cycled(1, 2, 3), "feature", ""),
    ],
)
def test_what_a_column_is_for(name: str, cells: list[Any], role: str, reason: str) -> None:
    """Keys, dates, ids, personal data and leaks are no features, and the reason says so."""
    found = decided(name, cells)
    assert found.role == role
    assert reason in "; ".join(found.reasons)


def test_a_copy_is_left_out() -> None:
    """Of two columns that are always equal the first is the feature."""
    found = findings_of({"first": cycled(1, 5, 2, 8), "again": cycled("1.0", "5.0", "2.0", "8.0")})
    roles = {each.name: each.role for each in found.columns}
    assert (roles["first"], roles["again"]) == ("feature", "ignore")


def test_parts_of_a_sum_are_left_out() -> None:
    """Columns whose sum is the target are known only with it."""
    one, two, three = ([noise(k * r + k) for r in PLACES] for k in (5, 11, 13))
    total = [round(a + b + c, 6) for a, b, c in zip(one, two, three, strict=True)]
    columns = {"one": one, "two": two, "three": three, "total": total}
    found = findings_of(columns, target="total")
    reasons = {each.name: each.reasons for each in found.columns if each.role == "ignore"}
    assert set(reasons) == {"one", "two", "three"}
    assert "one of one, two, three, whose sum is the target" in reasons["one"][0]


def test_a_weighted_sum_is_told() -> None:
    """Columns of which the target is a weighted mean may be honest: they stay, with a warning."""
    one, two, three = ([noise(k * r + k) for r in PLACES] for k in (5, 11, 13))
    mark = [0.2 * a + 0.3 * b + 0.5 * c for a, b, c in zip(one, two, three, strict=True)]
    both = [a + b for a, b in zip(one, two, strict=True)]
    columns = {"one": one, "two": two, "three": three, "both": both, "mark": mark}
    found = findings_of(columns, target="mark")
    (warned,) = (each for each in found.columns if each.name == "three")
    assert warned.role == "feature"
    assert "whose weighted sum is the target" in warned.warnings[0]


@pytest.mark.parametrize("sign", ["plus", "times", "divided by"])
def test_two_that_make_the_target_are_left_out(sign: str) -> None:
    """Two columns whose sum, product or quotient is the target go, both of them."""
    one, two = [1 + r % 13 for r in PLACES], [round(noise(7 * r) + 1, 2) for r in PLACES]
    make = {"plus": float.__add__, "times": float.__mul__, "divided by": float.__truediv__}[sign]
    total = [round(make(float(a), b), 2) for a, b in zip(one, two, strict=True)]
    found = findings_of({"quantity": one, "price": two, "total": total}, target="total")
    reasons = {each.name: each.reasons for each in found.columns if each.role == "ignore"}
    assert set(reasons) == {"quantity", "price"}
    assert f"gives the target away: 'quantity' {sign} 'price' is the target" in reasons["quantity"]


def test_a_weaker_suspicion_is_told_and_kept() -> None:
    """A feature that nearly says the target stays one, with a warning."""
    cells = [t + (noise(5 * r) - 50) / 6 for r, t in enumerate(TARGET)]
    found = decided("near", cells)
    assert found.role == "feature"
    assert "is it known before" in found.warnings[0]
    assert len(found.warnings) == 1


def test_what_is_kept_against_the_evidence_is_told() -> None:
    """--keep outweighs a near-identity with the target, with a warning, and in params as well."""
    found = findings_of({"near": [round(t**3, 3) for t in TARGET], "cost": TARGET}, target="cost")
    assert found.columns[0].role == "ignore"
    kept = findings_of(
        {"near": [round(t**3, 3) for t in TARGET], "cost": TARGET}, target="cost", keep=("near",)
    )
    assert kept.columns[0].role == "feature"
    assert "gives the target away" in kept.columns[0].warnings[0]
    params = params_text(PARAMS.read_text(), kept, PARAMS)
    assert yaml.safe_load(params)["featurize"]["leaks"]["refuse"] == 1.0


def test_wishes_are_followed() -> None:
    """What the person says about key, group, time, drop and keep outweighs the data."""
    columns = {
        "row": [r + 1 for r in PLACES],
        "shop": cycled("a", "b", "c"),
        "sold": DAYS,
        "noted": DAYS[::-1],
        "size": cycled(1, 2, 3),
        "email": cycled("a@b.org", "c@d.org"),
    }
    wishes = {"key": "row", "group": "shop", "time": "noted", "drop": ("size",)}
    found = findings_of(columns, keep=("email",), **wishes)
    roles = {each.name: each.role for each in found.columns}
    assert roles["row"] == "key"
    assert roles["shop"] == "group"
    assert roles["noted"] == "time"
    assert roles["size"] == "ignore"
    assert roles["email"] == "feature"


def test_a_time_splits_off_the_latest_fifth() -> None:
    """With a date column the test part is about the latest fifth of the rows."""
    found = findings_of({"sold": DAYS})
    share = sum(day >= str(found.test_from) for day in DAYS) / ROWS
    assert 0.15 <= share <= 0.3


@pytest.mark.parametrize(
    ("rows", "share"),
    [(0, 0.2), (150, 0.2), (5_000, 0.2), (8_000, 0.12), (10_000, 0.1), (10**7, 0.1)],
)
def test_a_large_table_keeps_less_back(rows: int, share: float) -> None:
    """The test part has a thousand rows, or a fifth of a small table, or a tenth of a large one."""
    assert deciding.test_share(rows) == share


def test_dates_of_one_day_are_no_time() -> None:
    """A date that hardly changes cannot divide the rows."""
    found = findings_of({"loaded": cycled(*["2024-01-01"] * 9, "2024-01-02")})
    assert found.test_from is None


@pytest.mark.parametrize(
    ("cells", "asked", "task", "classes"),
    [
        (cycled("Yes", "No", "No"), None, "binary", ("No", "Yes")),
        (cycled(0, 1, 1), None, "binary", ("0", "1")),
        (cycled("b", "a", "c"), None, "multiclass", ("a", "b", "c")),
        (cycled(0, 1, 2), None, "multiclass", ("0", "1", "2")),
        (cycled(3, 4, 5, 8), None, "regression", ()),
        (cycled(1, 2, 3, 4, 5), "regression", "regression", ()),
        (TARGET, None, "regression", ()),
    ],
)
def test_the_target_says_what_is_learned(
    cells: list[Any], asked: Any, task: str, classes: tuple[str, ...]
) -> None:
    """Words and few codes are classes, numbers are a regression, and the person may say so."""
    found = findings_of({"label": cells}, target="label", task=asked)
    assert (found.problem.task, found.problem.classes) == (task, classes)


def test_rows_without_a_label_are_told() -> None:
    """Rows without the target are counted, and the column may lack a value."""
    found = findings_of({"label": cycled("a", "b", "", "a")}, target="label")
    assert f"{ROWS // 4} rows without it are set aside" in found.target.warnings
    assert not found.target.required


@pytest.mark.parametrize(
    ("cells", "wishes", "message"),
    [
        (cycled("x"), {}, "one value alone"),
        (DAYS, {}, "a date cannot be the target"),
        ([f"w{r}" for r in PLACES], {}, "too many for classes"),
        (cycled("a", "b"), {"task": "regression"}, "words cannot be"),
        (cycled("a", "b"), {"task": "multiclass"}, "which is binary and not multiclass"),
        (cycled("a", "b"), {"time": "other"}, "its values are no dates"),
        (cycled("a", "b"), {"drop": ("other",)}, "no column is left"),
    ],
)
def test_what_cannot_be_learned_is_refused(
    cells: list[Any], wishes: dict[str, Any], message: str
) -> None:
    """A target that is none, and a wish that the data do not allow, are explained."""
    with pytest.raises(ContractError, match=message):
        findings_of({"label": cells}, target="label", **wishes)


def test_a_target_that_only_grows_is_not_told_by_the_date() -> None:
    """Where the day gives the target away, its calendar parts are no features."""
    days = [f"{2020 + r // 336}-{1 + r // 28 % 12:02d}-{1 + r % 28:02d}" for r in PLACES]
    found = findings_of({"day": days, "total": [3 * r for r in PLACES]}, target="total")
    assert "day_days" in found.leaking_parts


def _opinion(row: int, words: int) -> str:
    return " ".join(f"{'abcdefghij'[(row * 7 + place * place) % 10]}word" for place in range(words))


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        ([f"{_opinion(r, 4)} {r}" for r in PLACES], True),
        ([f"{_opinion(r % 120, 9)} {r % 120}" for r in PLACES], True),
        ([f"{_opinion(r % 90, 9)} {r % 90}" for r in PLACES], False),
        (cycled("a sentence of several words", "another one of about as many"), False),
    ],
)
def test_free_text_is_told_from_categories(cells: list[str], text: bool) -> None:
    """Many different texts of several words are learned by what they say, few are levels."""
    found = decided("opinion", cells)
    assert (found.role, found.text) == ("feature", text)
    assert found.column().text == text
    assert (found.limits.values is None) or not text


def test_words_that_never_come_again_are_no_text() -> None:
    """What is one word in each row, its own, says nothing, however long it is."""
    assert decided("token", [f"{r * 7919 * 7919:030x}-x y" for r in PLACES]).role == "ignore"
