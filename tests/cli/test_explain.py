"""`lockgate explain`: why a row is predicted as it is, at a terminal and for a script."""

import io
import json

import numpy as np
import pytest

from lockgate.cli import app as cli
from lockgate.tables import ParquetSink, write_csv
from tests.artifact import cases


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """Return the directory of a bundle for each task."""
    folder = tmp_path_factory.mktemp("explained")
    return {task: cases.copy_bundle(folder / task, task) for task in ("regression", "binary")}


@pytest.fixture
def run(monkeypatch, capsys, bundles):
    """Return what types a command and returns exit code, output and error."""

    def typed(*arguments, task="regression"):
        command = ["lockgate", "explain", *map(str, arguments), "--model", str(bundles[task])]
        monkeypatch.setattr("sys.argv", command)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return typed


@pytest.fixture
def table(tmp_path):
    """Return a CSV file of rows, of which the second does not fit."""
    rows = cases.make_rows(6, seed=8)
    rows["area"] = np.array([70.0, -5.0, 90.0, 100.0, 110.0, 120.0])
    write_csv(tmp_path / "rows.csv", rows)
    return tmp_path / "rows.csv"


def total(document):
    """Return base and contributions added up."""
    return document["base"] + sum(document["contributions"].values())


def test_a_row_is_explained_in_a_table(run):
    """The largest first, between what is expected of any row and what is predicted of this one."""
    code, said, _ = run(json.dumps(cases.ROW))
    assert code == 0
    lines = said.splitlines()
    assert lines[0].startswith("What makes rent 4")
    assert lines[2].startswith("any flat")
    assert lines[3].startswith("place")
    assert "│" in lines[3]
    assert any(line.startswith("this flat") for line in lines)
    assert "missing" in said
    assert lines[-1].endswith("nothing")


def test_a_script_gets_every_digit(run):
    """With --json; the sum is the prediction."""
    code, said, _ = run(json.dumps(cases.ROW), "--json")
    document = json.loads(said)
    assert code == 0
    assert total(document) == pytest.approx(document["value"], rel=1e-9)
    assert list(document["contributions"]) == list(cases.FEATURES)
    assert document["inputs"]["rooms"] == 3
    assert len(document["model_hash"]) == 64


def test_a_class_is_explained_by_its_probability(run):
    """The likeliest, or the one that is asked for."""
    likeliest = json.loads(run(json.dumps(cases.ROW), "--json", task="binary")[1])
    asked = json.loads(run(json.dumps(cases.ROW), "--json", "--label", "yes", task="binary")[1])
    assert likeliest["label"] == "no"
    assert asked["label"] == "yes"
    assert likeliest["value"] + asked["value"] == pytest.approx(1)
    assert (
        "the probability of yes" in run(json.dumps(cases.ROW), "--label", "yes", task="binary")[1]
    )


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_row_of_a_file_is_found_by_line_or_key(run, tmp_path, ending):
    """Without either it is the first."""
    rows = cases.make_rows(6, seed=8)
    rows["area"] = np.array([70.0, 80.0, 90.0, 100.0, 110.0, 120.0])
    path = tmp_path / f"good.{ending}"
    if ending == "csv":
        write_csv(path, rows)
    else:
        with ParquetSink(path) as sink:
            sink.write(rows)
    line = 4 if ending == "csv" else 3
    for arguments, area in (((), 70), (("--line", line), 90), (("--key", "r3"), 100)):
        assert json.loads(run(path, *arguments, "--json")[1])["inputs"]["area"] == area


def test_a_row_may_come_in_a_file_or_on_standard_input(run, tmp_path, monkeypatch):
    """As JSON."""
    direct = run(json.dumps(cases.ROW))[1]
    (tmp_path / "row.json").write_text(json.dumps(cases.ROW))
    assert run(tmp_path / "row.json")[1] == direct
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(cases.ROW)))
    assert run("-")[1] == direct


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["{bad"], "not JSON"),
        (["{" * 5000], "not JSON"),
        (["no.json"], "cannot be read"),
        (["no.csv"], "does not exist"),
        (["rows.txt"], "rows.txt"),
        (['{"area": 3}'], "rooms is required"),
        ([json.dumps(cases.ROW), "--label", "x"], "no class is predicted"),
        ([json.dumps(cases.ROW), "--line", "3"], "choose a row of a CSV or Parquet file"),
        ([json.dumps(cases.ROW), "--key", "r3"], "choose a row of a CSV or Parquet file"),
    ],
)
def test_what_cannot_be_explained_is_one_message(run, arguments, told):
    """And exit code 2."""
    code, _, error = run(*arguments)
    assert code == 2
    assert told in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--line", "3"], "line 3: the row breaks area: range"),
        (["--line", "99"], "no line 99 with a row"),
        (["--key", "nobody"], "no id nobody with a row"),
        (["--line", "8"], "line 8"),
    ],
)
def test_a_row_of_a_file_that_is_not_there_or_does_not_fit(run, table, arguments, told):
    """Is told with its line and the rules that it breaks."""
    with table.open("a") as file:
        file.write("r9,too,short\n")
    code, _, error = run(table, *arguments)
    assert code == 2
    assert told in error


def test_a_list_is_no_row(run, tmp_path):
    """One row is explained at a time."""
    (tmp_path / "rows.json").write_text(json.dumps([cases.ROW]))
    code, _, error = run(tmp_path / "rows.json")
    assert code == 2
    assert "must be a JSON object" in error
