"""Predicting a file: every row comes out predicted or rejected with its reasons."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from lockgate.errors import DeliveryError, TableError
from lockgate.predict import Predictor, files
from lockgate.predict.answers import prediction_sets
from lockgate.predict.files import predict_file
from lockgate.tables import ParquetSink, read_csv_batches, read_parquet, write_csv
from tests.artifact import cases


def read_csv(path):
    """Return a CSV file as a list of dicts of text."""
    return [row for batch in read_csv_batches(path) for row in batch.cells.to_pylist()]


def good_rows(count=40):
    """Return rows that all fit the contract."""
    rows = cases.make_rows(count, seed=8)
    rows["area"] = np.nan_to_num(rows["area"], nan=70.0)
    return rows


def write_parquet(path, rows):
    """Write columns to a Parquet file."""
    with ParquetSink(path) as sink:
        sink.write(rows)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_gets_the_answers_that_its_rows_get_alone(predictors, tmp_path, ending):
    """From CSV and from Parquet, to CSV and to Parquet, with the key beside them."""
    rows = good_rows()
    (write_csv if ending == "csv" else write_parquet)(tmp_path / f"in.{ending}", rows)
    for task, predictor in predictors.items():
        expected = predictor.predict_columns(rows)
        source, target = tmp_path / f"in.{ending}", tmp_path / f"{task}.parquet"
        count = predict_file(predictor, source, target)
        assert (count.predicted, count.rejected) == (40, 0)
        written = read_parquet(target)
        assert written["id"].tolist() == rows["id"].tolist()
        if task == "regression":
            np.testing.assert_array_equal(written["predicted_rent"], expected["value"])
            np.testing.assert_array_equal(written["upper"], expected["upper"])
        else:
            assert written["predicted_rent"].tolist() == expected["label"].tolist()
            for place, name in enumerate(cases.CLASSES[task]):
                share = expected["probabilities"][:, place]
                np.testing.assert_array_equal(written[f"probability_{name}"], share)
            sets = prediction_sets(expected["prediction_set"], cases.CLASSES[task])
            assert written["prediction_set"].tolist() == ["; ".join(each) for each in sets]


def test_a_csv_says_the_same_as_a_parquet(predictor, tmp_path):
    """Numbers in CSV read back as the same floats; warnings are joined."""
    rows = good_rows()
    rows["place"][3] = "nowhere"
    write_csv(tmp_path / "in.csv", rows)
    predict_file(predictor, tmp_path / "in.csv", tmp_path / "out.csv")
    predict_file(predictor, tmp_path / "in.csv", tmp_path / "out.parquet")
    typed = read_parquet(tmp_path / "out.parquet")
    lines = read_csv(tmp_path / "out.csv")
    assert [float(line["lower"]) for line in lines] == typed["lower"].tolist()
    assert lines[3]["warnings"] == "place 'nowhere' was never seen in training"


BAD = """\
id,sold_on,area,rooms,kind,place,new,built_on,rent
a,2025-01-01, 80 ,3,flat,p1,yes,1990-05-01,700
b,2025-01-01,?,3,flat,p1,yes,1990-05-01,
c,2025-01-01,80,99,castle,p1,yes,1990-05-01,not looked at
d,2025-01-01,80
e,,80,3.5,flat,P!,perhaps,1990-02-30,
f,,80,3,,,,,
"""


def test_rows_that_do_not_fit_go_to_the_rejects_with_every_reason(predictor, tmp_path):
    """Line, reasons and the row as it stands; what a request may lack, a row may lack."""
    (tmp_path / "in.csv").write_text(BAD)
    count = predict_file(predictor, tmp_path / "in.csv", tmp_path / "out.csv")
    assert (count.predicted, count.rejected) == (2, 4)
    assert count.rejects == tmp_path / "out.rejects.csv"
    assert [line["id"] for line in read_csv(tmp_path / "out.csv")] == ["a", "f"]
    rejects = read_csv(count.rejects)
    assert [int(line["line"]) for line in rejects] == [3, 4, 5, 6]
    lines = BAD.splitlines()
    assert [line["row"] for line in rejects] == [lines[row] for row in (2, 3, 4, 5)]
    reasons = [set(line["reasons"].split("; ")) for line in rejects]
    assert reasons[0] == {"area: type"}
    assert reasons[1] == {"rooms: range", "kind: values"}
    assert reasons[3] == {"rooms: type", "place: pattern", "new: type", "built_on: type"}


def test_rejects_of_an_earlier_run_do_not_stay(predictor, tmp_path):
    """When every row fits there is no rejects file."""
    rejects = tmp_path / "bad.csv"
    rejects.write_text("old")
    write_csv(tmp_path / "in.csv", good_rows())
    count = predict_file(predictor, tmp_path / "in.csv", tmp_path / "out.csv", rejects)
    assert count.rejects == rejects
    assert not rejects.exists()


def test_a_file_of_bad_rows_leaves_an_output_without_rows(predictor, tmp_path):
    """Its header is there all the same."""
    (tmp_path / "in.csv").write_text("area,rooms\nx,1\n")
    count = predict_file(predictor, tmp_path / "in.csv", tmp_path / "out.csv")
    assert (count.predicted, count.rejected) == (0, 1)
    assert (tmp_path / "out.csv").read_text().startswith("id,predicted_rent,lower,upper,warnings")


def test_the_size_of_batches_leaves_no_trace(predictor, tmp_path, monkeypatch):
    """A file that streams through in pieces comes out as in one."""
    rows = cases.make_rows(60, seed=8)
    write_csv(tmp_path / "in.csv", rows)
    predict_file(predictor, tmp_path / "in.csv", tmp_path / "whole.csv")
    monkeypatch.setattr(files, "BATCH_ROWS", 7)
    predict_file(predictor, tmp_path / "in.csv", tmp_path / "pieces.csv")
    for name in (".csv", ".rejects.csv"):
        whole, pieces = (tmp_path / f"{stem}{name}" for stem in ("whole", "pieces"))
        assert whole.read_bytes() == pieces.read_bytes()


def test_without_a_key_the_line_tells_rows_apart(predictor, tmp_path):
    """The line of the file that the row stands on."""
    schema = predictor.bundle.schema
    columns = tuple(column for column in schema.columns if column.role != "key")
    keyless = predictor.bundle.schema.model_copy(update={"columns": columns})
    bundle = type(predictor.bundle)(**{**vars(predictor.bundle), "schema": keyless})
    (tmp_path / "in.csv").write_text("area,rooms\n50,2\nx,2\n60,2\n")
    predict_file(Predictor(bundle), tmp_path / "in.csv", tmp_path / "out.csv")
    assert [line["line"] for line in read_csv(tmp_path / "out.csv")] == ["2", "4"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,area\na,50\n", "rooms is missing"),
        ("area,rooms,kimd\n50,2,3\n", "kimd.*did you mean 'kind'"),
        ("area,rooms\n", "no rows"),
        ("80,3\n81,4\n", "no column of the contract"),
    ],
)
def test_a_file_with_other_columns_is_refused_as_a_whole(predictor, tmp_path, text, said):
    """Before anything is written, with the columns that a request needs."""
    (tmp_path / "in.csv").write_text(text)
    with pytest.raises(DeliveryError, match=said) as caught:
        predict_file(predictor, tmp_path / "in.csv", tmp_path / "out.csv")
    assert "area, rooms" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    "content", [None, b"", b"area,rooms\n50,\xff\n", gzip.compress(b"a", mtime=0)[:9]]
)
def test_a_damaged_file_is_refused_and_leaves_nothing(predictor, tmp_path, content):
    """A half-written output never looks like a whole one."""
    source = tmp_path / "in.csv"
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(TableError, match=r"in\.csv"):
        predict_file(predictor, source, Path(tmp_path / "out.csv"))
    assert not list(tmp_path.glob("*out*"))


def test_an_output_of_another_kind_is_refused(predictor, tmp_path):
    """A spreadsheet's name gets no CSV inside: the formats that can be written are named."""
    with pytest.raises(TableError, match=r"cannot write '\.xlsx'.*\n.*\.csv or \.parquet"):
        predict_file(predictor, tmp_path / "in.csv", tmp_path / "out.xlsx")
