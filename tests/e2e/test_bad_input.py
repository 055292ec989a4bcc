"""Whatever is delivered or written by hand: what the terminal says, and that nothing is lost."""

import gzip
import io
import shutil
import sys
from collections.abc import Callable, Iterable
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockgate.pipeline.__main__ import main
from lockgate.tables import read_json, read_parquet
from tests.e2e.parcels import parcels
from tests.project import Project, make_project
from tests.samples import contract_document, params_document
from tests.validation.shop import read_csv

Document = dict[str, Any]
Change = Callable[[Document], object]

DIRTY = (3, 5, 7, 9)
GOOD = pd.concat([parcels(month, 60).drop(index=[*DIRTY]) for month in (1, 2, 3)])
OTHER = parcels(4, 40).drop(index=[*DIRTY])
TEXT = OTHER.to_csv(index=False)
LINES = TEXT.splitlines(keepends=True)


@dataclass(frozen=True)
class Ended:
    """How a stage ended: its exit code and all that it printed."""

    code: int
    said: str


def run(project: Project, *stages: str) -> Ended:
    """Run stages as `python -m lockgate.pipeline` does, until one fails."""
    printed = io.StringIO()
    code = 0
    with chdir(project.root), redirect_stdout(printed), redirect_stderr(printed):
        for stage in stages:
            if code == 0:
                code = main([stage])
    return Ended(code, printed.getvalue())


def change(project: Project, path: str, how: Change) -> None:
    """Edit a YAML file of the project."""
    document = project.read(path)
    how(document)
    project.write(path, document)


def contents(root: Path, *folders: str) -> dict[str, bytes]:
    """Return every file below the folders."""
    files = (path for folder in folders for path in (root / folder).rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def says(ended: Ended, code: int, parts: Iterable[str]) -> None:
    """Check exit code and message; each part must be in it."""
    assert "Traceback" not in ended.said
    missing = [part for part in parts if part not in ended.said]
    assert (ended.code, missing) == (code, []), ended.said


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Lay out a project with one good delivery and the outputs of its first stages."""
    params = params_document()
    params["featurize"]["split"]["test_from"] = "2025-03-01"
    project = make_project(
        tmp_path_factory.mktemp("ready") / "project", contract_document(), params
    )
    project.write("data/raw/good.csv", GOOD.to_csv(index=False))
    says(run(project, "validate", "featurize", "train"), 0, [])
    return project


@pytest.fixture
def project(ready: Project, tmp_path: Path) -> Project:
    """Copy the project."""
    shutil.copytree(ready.root, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def parquet(frame: pd.DataFrame) -> bytes:
    """Write a table as Parquet."""
    return frame.astype({"cost": float, "weight": float, "pieces": float}).to_parquet(index=False)


def with_line(number: int, old: str, new: str) -> str:
    """Return the other delivery with something replaced in one line, counted from 1."""
    line = LINES[number - 1]
    assert old in line
    return "".join([*LINES[: number - 1], line.replace(old, new, 1), *LINES[number:]])


def with_cell(number: int, column: str, value: str) -> str:
    """Return the other delivery with another value in one cell."""
    cells = LINES[number - 1].rstrip().split(",")
    cells[list(OTHER).index(column)] = value
    return with_line(number, LINES[number - 1], ",".join(cells) + "\n")


REFUSED: dict[str, tuple[str, str | bytes, list[str]]] = {
    "empty file": ("bad.csv", "", ["bad.csv: the file is empty", "needs at least a header"]),
    "header only": ("bad.csv", LINES[0], ["bad.csv: the file has a header and no rows"]),
    "missing column": (
        "bad.csv",
        OTHER.drop(columns="weight").to_csv(index=False),
        ["bad.csv: the contract's column weight is missing", "have it delivered"],
    ),
    "missing columns": (
        "bad.csv",
        OTHER.drop(columns=["weight", "cost"]).to_csv(index=False),
        ["the contract's columns weight, cost are missing", "delivery: optional"],
    ),
    "unknown column": (
        "bad.csv",
        OTHER.assign(colour="red").to_csv(index=False),
        ["bad.csv: the contract does not know the column colour", "data/contract.yaml"],
    ),
    "misspelt column": (
        "bad.csv",
        OTHER.rename(columns={"weight": "wieght"}).to_csv(index=False),
        ["column weight is missing", "wieght (did you mean 'weight'?)"],
    ),
    "wrong separator": (
        "bad.csv",
        TEXT.replace(",", "^"),
        ["bad.csv: the first line is one single column", "a comma, a semicolon, a tab or a |"],
    ),
    "wrong encoding": (
        "bad.csv",
        with_line(3, ",s", ",é").encode("latin-1"),
        ["bad.csv, line 3: the byte 0xe9 is not UTF-8", "iconv -f WINDOWS-1252"],
    ),
    "UTF-16": ("bad.csv", TEXT.encode("utf-16"), ["bad.csv: this is UTF-16", "iconv -f UTF-16"]),
    "NUL byte": (
        "bad.csv",
        with_line(21, ",s", ",\0s"),
        ["bad.csv, line 21: a NUL byte", "export it again"],
    ),
    "an open quote": (
        "bad.csv",
        with_line(9, ",s", ',"s'),
        ["bad.csv, line 9: a quote is opened and never closed", "may be cut off"],
    ),
    "truncated gzip": (
        "bad.csv.gz",
        gzip.compress(TEXT.encode())[:-200],
        ["bad.csv.gz, after line 1: the gzip file is cut off or damaged", "fetch or compress"],
    ),
    "truncated Parquet": (
        "bad.parquet",
        parquet(OTHER)[:-50],
        ["bad.parquet: not a whole Parquet file", "fetch the file again"],
    ),
    "a column of lists": (
        "bad.parquet",
        parquet(OTHER.assign(size=[["small"]] * len(OTHER))),
        ["bad.parquet, column size: a column of type list", "store numbers, strings"],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_delivery_is_refused(project: Project, case: str) -> None:
    """The message names the file, the line or column, and the next step; nothing else changes."""
    name, content, parts = REFUSED[case]
    path = project.root / "data/raw" / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    before = contents(project.root, "data", "metrics", "plots")
    says(run(project, "validate"), 2, ["data/raw/", "\n  -> ", *parts])
    assert contents(project.root, "data", "metrics", "plots") == before


FINE: dict[str, tuple[str, bytes]] = {
    "columns in another order": ("b.csv", OTHER[OTHER.columns[::-1]].to_csv(index=False).encode()),
    "byte order mark": ("b.csv", TEXT.encode("utf-8-sig")),
    "semicolons": ("b.csv", TEXT.replace(",", ";").encode()),
    "gzip": ("b.csv.gz", gzip.compress(TEXT.encode())),
    "Parquet": ("b.parquet", parquet(OTHER)),
}


def accepted(project: Project, name: str, content: bytes) -> dict[str, np.ndarray]:
    """Deliver a file besides the good one, and return the accepted rows of both."""
    path = project.root / "data/raw" / name
    path.write_bytes(content)
    says(run(project, "validate"), 0, ["in 2 deliveries"])
    path.unlink()
    return read_parquet(project.root / "data/accepted.parquet")


@pytest.mark.parametrize("case", FINE)
def test_the_same_rows_in_another_dress_are_the_same(project: Project, case: str) -> None:
    """Order of columns, byte order mark, separator, compression and format change no value."""
    found = accepted(project, *FINE[case])
    for column, values in accepted(project, "b.csv", TEXT.encode()).items():
        np.testing.assert_array_equal(found[column], values)


QUARANTINED: dict[str, tuple[str, dict[int, str]]] = {
    "a record split over two lines": (
        with_line(5, ",2025", "\n,2025"),
        {
            5: "record: malformed (expected 8 fields, found 2)",
            6: "record: malformed (expected 8 fields, found 7)",
        },
    ),
    "target missing": (with_cell(5, "cost", ""), {5: "cost: required"}),
    "infinity": (with_cell(5, "weight", "-inf"), {5: "weight: type"}),
    "huge integer": (with_cell(5, "pieces", "9007199254740993"), {5: "pieces: type"}),
    "an integer of 400 digits": (with_cell(5, "pieces", "7" * 400), {5: "pieces: type"}),
    "a cell of 10 MB": (with_cell(5, "sender", "x" * 10_000_000), {5: "sender: type"}),
    "a category that is not allowed": (with_cell(5, "size", "giant"), {5: "size: values"}),
    "duplicate keys": (
        with_cell(5, "parcel_id", "p4-0"),
        {2: "parcel_id: unique", 5: "parcel_id: unique"},
    ),
}


def keys_are_unique(contract: Document) -> None:
    """Let rows that share a key go to quarantine."""
    columns(contract)["parcel_id"]["unique"] = True


def columns(contract: Document) -> dict[str, Document]:
    """Return the columns of a contract by name."""
    return {item["name"]: item for item in contract["schema"][0]["properties"]}


@pytest.mark.parametrize("case", QUARANTINED)
def test_a_bad_row_is_kept_aside_with_line_and_reason(project: Project, case: str) -> None:
    """The other rows go on, and quarantine.csv has the bad one as delivered, with line and rule."""
    text, reasons = QUARANTINED[case]
    change(project, "data/contract.yaml", keys_are_unique)
    project.write("data/raw/bad.csv", text)
    ended = run(project, "validate")
    says(
        ended,
        0,
        ["data/quarantine.csv has each", *(rule.split(" (")[0] for rule in reasons.values())],
    )
    bad = pd.read_csv(project.root / "data/quarantine.csv", dtype=str)
    assert dict(zip(bad["line"].astype(int), bad["reasons"], strict=True)) == reasons
    assert set(bad["delivery"]) == {"bad.csv"}
    delivered = text.splitlines()
    assert bad["text"].tolist() == [delivered[line - 1] for line in reasons]
    counts = project.read("metrics/validate.json")
    assert counts["rows"] == counts["accepted"] + counts["quarantined"]
    assert counts["rows"] == len(GOOD) + len(delivered) - 1


def test_a_cell_of_10_mb_takes_little_memory(project: Project) -> None:
    """Validating it takes a few times its size, beyond what the libraries take by themselves."""
    project.write("data/raw/bad.csv", QUARANTINED["a cell of 10 MB"][0])
    watched = (
        "from lockgate.pipeline.__main__ import main; code = main(['validate']);"
        # Not getrusage: what it tells is no less than what the parent had.
        "peak = [l for l in open('/proc/self/status') if l.startswith('VmHWM')][0].split()[1];"
        "print(code, int(peak) // 1024)"
    )
    said = project.run("python", "-c", watched, PYTHONPATH="src").stdout.splitlines()
    code, megabytes = said[-1].split()
    assert code == "0"
    assert int(megabytes) < 700


REJECTED: dict[str, tuple[str, list[str]]] = {
    "all rows bad": (
        OTHER.assign(weight=999).to_csv(index=False),
        ["weight: range broken by 100.00% of the rows", "for example line 2: '999'"],
    ),
    "no target": (
        OTHER.assign(cost="").to_csv(index=False),
        ["cost: required broken by 100.00% of the rows", "for example line 2: ''"],
    ),
    "rows with another separator than the header": (
        LINES[0] + "".join(LINES[1:]).replace(",", ";"),
        ["record: malformed broken by 100.00%", "for example line 2: p4-0;s", "found 1)"],
    ),
}


@pytest.mark.parametrize("case", REJECTED)
def test_a_delivery_of_bad_rows_stops_the_pipeline(project: Project, case: str) -> None:
    """The exit code is 1, the first bad line is shown, and all rows are in quarantine."""
    text, parts = REJECTED[case]
    project.write("data/raw/good.csv", text)
    next_step = "\n  -> look at data/quarantine.csv and plots/data.html"
    says(run(project, "validate"), 1, ["good.csv: ", "no row was accepted", next_step, *parts])
    bad = read_csv(project.root / "data/quarantine.csv")
    assert [row["text"] for row in bad] == text.splitlines()[1:]
    assert (project.root / "data/raw/good.csv").read_text(encoding="utf-8") == text


def two_classes(contract: Document) -> None:
    """Make the target a class."""
    columns(contract)["cost"]["logicalType"] = "boolean"


UNFIT: dict[str, tuple[pd.DataFrame, Change, int, list[str]]] = {
    "target constant": (
        GOOD.assign(cost=5.0),
        dict,
        2,
        ["train: column cost: every row of the train part", "has the value 5", "data/raw"],
    ),
    "one class only": (
        GOOD.assign(cost="yes"),
        two_classes,
        2,
        ["train: column cost: every row of the train part", "has the value true"],
    ),
    "one row": (
        GOOD.iloc[:1],
        dict,
        2,
        [
            "featurize: params.yaml, featurize.split: no row falls into the test part, of 1 with",
            "test_from is 2025-03-01, and the rows are from 2025-01-",
        ],
    ),
    "a target beyond arithmetic": (
        GOOD.assign(cost=GOOD["cost"].where(GOOD["parcel_id"] != "p1-1", 1e200)),
        dict,
        2,
        ["featurize: data/accepted.parquet, cost: the value 1e+200 is too large", "a maximum"],
    ),
    "repeated keys": (
        pd.concat([GOOD, GOOD.iloc[:3].assign(weight=1.0)]),
        dict,
        0,
        ["3 rows replaced by a later one with the same key"],
    ),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_table_that_nothing_can_be_learned_from(project: Project, case: str) -> None:
    """Rows that are good one by one may still be nothing to learn from; a later stage says so."""
    frame, how, code, parts = UNFIT[case]
    change(project, "data/contract.yaml", how)
    project.write("data/raw/good.csv", frame.to_csv(index=False))
    says(run(project, "validate", "featurize", "train"), code, parts)


def any_size(contract: Document) -> None:
    """Allow any size."""
    columns(contract)["size"].pop("quality")


def test_a_category_that_was_never_seen(project: Project) -> None:
    """Where the contract allows it the row is predicted with a warning; else it is rejected."""
    project.write("rows.csv", with_cell(3, "size", "giant"))
    said = project.run("lockgate", "predict", "rows.csv", "--output", "answers.csv").stdout
    assert "1 rows rejected, with reasons: answers.rejects.csv" in said
    (refused,) = read_csv(project.root / "answers.rejects.csv")
    assert (refused["line"], refused["reasons"]) == ("3", "size: values")
    change(project, "data/contract.yaml", any_size)
    says(run(project, "validate", "featurize", "train"), 0, [])
    project.run("lockgate", "predict", "rows.csv", "--output", "answers.csv")
    warned = read_csv(project.root / "answers.csv")[1]
    assert "size 'giant' was never seen in training" in warned["warnings"]
    assert float(warned["predicted_cost"]) > 0


def renamed(section: str, key: str, other: str) -> Change:
    """Misspell a key of params.yaml."""

    def how(params: Document) -> None:
        place = params[section] if section else params
        place[other] = place.pop(key)

    return how


def chosen(**entry: Any) -> Change:
    """Change the entry of train.models that is trained."""
    return lambda params: params["train"]["models"]["ridge"].update(entry)


PARAMS: dict[str, tuple[Change, list[str]]] = {
    "a misspelt section": (
        renamed("", "gate", "gaet"),
        ["params.yaml: ", "the key gate is missing", "gaet (did you mean 'gate'?)"],
    ),
    "a misspelt key": (
        renamed("train", "cv_folds", "cv_fold"),
        ["unknown key train.cv_fold (did you mean 'cv_folds'?)"],
    ),
    "a word for a number": (
        lambda params: params["train"].update(cv_folds="five"),
        ["train.cv_folds: Input should be a valid integer, found 'five'"],
    ),
    "a misspelt model": (
        lambda params: params["train"].update(model="rigde"),
        ["model is 'rigde' (did you mean 'ridge'?)"],
    ),
    "a misspelt estimator": (
        chosen(regressor="sklearn.linear_model.Rigde"),
        ["train.models: sklearn.linear_model has no class 'Rigde' (did you mean 'Ridge'?)"],
    ),
    "a package that is not installed": (
        chosen(regressor="xgboost.XGBRegressor"),
        ["no package 'xgboost' is installed", "pip install xgboost", "pyproject.toml"],
    ),
    "a function as estimator": (
        chosen(regressor="sklearn.metrics.r2_score"),
        ["'sklearn.metrics.r2_score' is no estimator"],
    ),
    "an estimator that refuses its arguments": (
        chosen(params={"alpha": -1.0}),
        ["train.models: Ridge cannot be fitted: ", "'alpha' parameter", "mend its params"],
    ),
    "an estimator with a mistake": (
        chosen(regressor="tests.learning.picky.Broken"),
        ["train.models: Broken cannot be fitted: KeyError: 'weights'", "choose another entry"],
    ),
}


@pytest.mark.parametrize("case", PARAMS)
def test_a_mistake_in_params_is_named(
    project: Project, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the nearest known key, class or argument; the model of the last run stays."""
    monkeypatch.setitem(sys.modules, "xgboost", None)
    how, parts = PARAMS[case]
    before = contents(project.root, "models")
    change(project, "params.yaml", how)
    says(run(project, "train"), 2, ["params.yaml", *parts])
    assert contents(project.root, "models") == before


def limits(name: str, **options: Any) -> Change:
    """Set bounds of a column."""
    return lambda contract: columns(contract)[name].update(logicalTypeOptions=options)


CONTRADICTIONS: dict[str, tuple[Change, list[str]]] = {
    "an empty range": (
        limits("weight", minimum=50, maximum=0),
        ["data/contract.yaml, weight: no value is at least 50 and at most 0"],
    ),
    "an empty list": (
        lambda contract: columns(contract)["size"]["quality"][0]["arguments"].update(
            validValues=[]
        ),
        ["data/contract.yaml, size: no value is allowed"],
    ),
    "two targets": (
        lambda contract: columns(contract)["weight"].update(
            customProperties=[{"property": "role", "value": "target"}]
        ),
        ["data/contract.yaml: 2 columns have the role target", "exactly one"],
    ),
    "a pattern that is none": (
        limits("parcel_id", pattern="("),
        ["data/contract.yaml, parcel_id: '(' is not a regular expression"],
    ),
    "a misspelt key": (
        lambda contract: columns(contract)["size"].update(requierd=True),
        ["properties.size.requierd (did you mean 'required'?)"],
    ),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_contradiction_in_the_contract_is_named(project: Project, case: str) -> None:
    """With file and column, before any row is read, and with the outputs as they were."""
    how, parts = CONTRADICTIONS[case]
    change(project, "data/contract.yaml", how)
    before = contents(project.root, "data", "metrics", "plots")
    says(run(project, "validate"), 2, parts)
    assert contents(project.root, "data", "metrics", "plots") == before


FEATURES: dict[str, tuple[str, list[str]]] = {
    "raises": (
        "def density(weight, pieces):\n    rate = weight / pieces\n    return rate[10_000]\n",
        ["feature density (src/{}.py:3): fails with IndexError: index 10000 is out of bounds"],
    ),
    "returns the wrong length": (
        "def density(weight):\n    return weight[weight > 30] if len(weight) > 1 else weight\n",
        ["feature density (src/{}.py:1): returned an array of shape (", "one value a row"],
    ),
    "looks at other rows": (
        "def density(weight):\n    return weight - weight.mean()\n",
        ["feature density: gives 0.0 for a row alone", "from its own values"],
    ),
    "writes into its columns": (
        "def density(weight):\n    weight *= 2\n    return weight\n",
        ["feature density (src/{}.py:2): fails with ValueError: output array is read-only"],
    ),
    "reads the target": (
        "def density(cost):\n    return cost\n",
        ["feature density: reads 'cost', whose role is target"],
    ),
    "misspells a column": (
        "def density(wieght):\n    return wieght\n",
        ["feature density: reads 'wieght'", "did you mean 'weight'?"],
    ),
    "is not there": (
        "def densty(weight):\n    return weight\n",
        ["there is no feature 'density' (did you mean 'densty'?)"],
    ),
    "has a syntax error": (
        "def density(weight)\n    return weight\n",
        ["src/{}.py:1: the module '{}' cannot be imported: SyntaxError", "python -c 'import {}'"],
    ),
}


@pytest.mark.parametrize("case", FEATURES)
def test_a_feature_with_a_mistake_is_named(
    project: Project, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its file and line and with the exception, whichever row it fails on."""
    code, parts = FEATURES[case]
    module = "own_" + case.replace(" ", "_")
    project.write(f"src/{module}.py", code)
    monkeypatch.syspath_prepend(project.root / "src")
    change(
        project,
        "params.yaml",
        lambda params: params["featurize"].update(module=module, features=["weight", "density"]),
    )
    says(run(project, "featurize"), 2, [part.replace("{}", module) for part in parts])


@pytest.fixture(scope="module")
def versioned(ready: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Put the project under DVC and git, with a first stage that DVC has run."""
    root = tmp_path_factory.mktemp("versioned") / "project"
    shutil.copytree(ready.root, root, symlinks=True)
    project = Project(root)
    project.dvc("add", "--quiet", "data/raw")
    project.dvc("repro", "validate")
    project.commit()
    return project


OUTS = ("data/accepted.parquet", "data/quarantine.csv", "data/schema.json", "metrics/validate.json")


def test_a_refused_delivery_costs_nothing_under_dvc(versioned: Project, tmp_path: Path) -> None:
    """`dvc repro` fails with the message; git and DVC bring back the outputs of the last run."""
    shutil.copytree(versioned.root, tmp_path / "project", symlinks=True)
    project = Project(tmp_path / "project")
    before = {out: (project.root / out).read_bytes() for out in OUTS}
    project.write("data/raw/bad.csv", "")
    done = project.dvc("repro", "validate", check=False)
    assert done.returncode != 0
    assert "data/raw/bad.csv: the file is empty" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    said = project.run("lockgate", "summary", "--failed").stdout
    # DVC has not run the other stages here, so it has nothing to bring back for them.
    project.run("sh", "-c", said.partition(": ")[2], check=False)
    assert {out: (project.root / out).read_bytes() for out in OUTS} == before
    assert (project.root / "data/raw/bad.csv").exists()


def test_a_lock_of_other_data_is_not_believed(versioned: Project, tmp_path: Path) -> None:
    """With dvc.lock from another version of the data, DVC says so and makes the right outputs."""
    shutil.copytree(versioned.root, tmp_path / "project", symlinks=True)
    project = Project(tmp_path / "project")
    project.write("data/raw/more.csv", TEXT)
    project.dvc("add", "--quiet", "data/raw")
    project.dvc("repro", "validate")
    lock = (project.root / "dvc.lock").read_bytes()
    project.git("checkout", "--quiet", "dvc.lock", "metrics", "data/schema.json")
    assert "changed deps" in project.dvc("status", "validate").stdout
    project.dvc("repro", "validate")
    assert project.read("metrics/validate.json")["rows"] == len(GOOD) + len(OTHER)
    assert (
        read_json(project.root / "metrics/deliveries.json")["data"]
        == (project.read("data/raw.dvc")["outs"][0]["md5"])
    )
    assert (project.root / "dvc.lock").read_bytes() == lock
