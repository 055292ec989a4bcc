"""A delivery is admitted whole or refused whole, and once."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from lockgate.adoption.admission import REFUSED, REPORT
from lockgate.adoption.ingesting import ingest
from lockgate.contract.compile import load_schema
from lockgate.errors import (
    ContractError,
    DeliveryError,
    EnvironmentProblem,
    LockgateError,
    Rejected,
)
from tests.adoption.tables import write
from tests.project import Project, make_project
from tests.samples import contract_document, params_document

HEADER = "parcel_id,sender,sent_on,weight,size,insured,pieces,cost"


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Lay out a project with one delivery; tests work on copies."""
    root = tmp_path_factory.mktemp("delivered") / "project"
    made = make_project(root, contract_document(), params_document())
    made.write("data/raw/one.csv", _rows(0))
    made.dvc("add", "--quiet", "data/raw")
    made.commit()
    return made


@pytest.fixture
def project(delivered: Project, tmp_path: Path) -> Project:
    """Return a project with one delivery."""
    shutil.copytree(delivered.root, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def _rows(first: int, weight: str = "2.5") -> str:
    """Write ten rows of a delivery."""
    rows = [f"P{first + r},S1,2024-01-{1 + r:02d},{weight},small,yes,1,9" for r in range(10)]
    return "\n".join([HEADER, *rows]) + "\n"


def test_a_good_delivery_is_admitted(project: Project, tmp_path: Path) -> None:
    """It stands in data/raw, tracked, and the next command is named."""
    source = write(tmp_path / "two.csv", _rows(10))
    told = project.run("lockgate", "ingest", str(source)).stdout
    assert "admitted: two.csv" in told
    assert "10 rows, 0 of them for quarantine" in told
    assert (project.root / "data/raw/two.csv").read_bytes() == source.read_bytes()
    assert project.dvc("status", "data/raw.dvc").stdout.strip().endswith("up to date.")


def test_twice_is_once(project: Project, tmp_path: Path) -> None:
    """The same content, under whatever name, is passed over."""
    source = write(tmp_path / "again.csv", _rows(0))
    before = (project.root / "data/raw.dvc").read_bytes()
    done = ingest(project.root, str(source))
    assert (done.admitted, done.known, done.tally) == ((), ("one.csv",), None)
    assert (project.root / "data/raw.dvc").read_bytes() == before
    assert "nothing is new" in project.run("lockgate", "ingest", str(source)).stdout


def test_a_foreign_form_is_admitted(project: Project, tmp_path: Path) -> None:
    """Encoding and packing of a delivery need not be those of the others."""
    source = write(tmp_path / "wide.csv", _rows(20).encode("utf-16"))
    done = ingest(project.root, str(source))
    assert done.admitted == ("wide.csv",)
    assert (project.root / "data/raw/wide.csv").read_text() == _rows(20)


def test_a_broken_delivery_is_refused_whole(project: Project, tmp_path: Path) -> None:
    """Nothing is added, the exit code is 1, and a report says why."""
    source = write(tmp_path / "bad.csv", _rows(30, weight="9999"))
    with pytest.raises(Rejected, match="weight: range") as caught:
        ingest(project.root, str(source))
    assert "nothing was added" in str(caught.value)
    assert not (project.root / "data/raw/bad.csv").exists()
    assert "weight" in (project.root / REPORT).read_text()
    assert len((project.root / REFUSED).read_text().splitlines()) == 11
    assert project.run("lockgate", "ingest", str(source), check=False).returncode == 1
    assert project.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    "case",
    [
        ("one.csv", _rows(40), DeliveryError, "a delivery of this name has other content"),
        ("new.csv", "parcel_id,colour\nP1,red\n", Rejected, "it lacks sender, sent_on, weight"),
        (
            "new.csv",
            _rows(40).replace("weight", "wieght"),
            Rejected,
            r"lacks weight .did you mean 'wieght'.* which breaks contract 1.0.0",
        ),
        ("new.csv", _rows(40, weight="heavy"), Rejected, r"weight .number.: most cells are no lon"),
    ],
)
def test_what_does_not_fit_is_explained(
    project: Project, tmp_path: Path, case: tuple[str, str, type[LockgateError], str]
) -> None:
    """A taken name, and breaks of the contract, stop it with what to do; nothing is added."""
    name, text, error, message = case
    with pytest.raises(error, match=message) as caught:
        ingest(project.root, str(write(tmp_path / name, text)))
    if error is Rejected:
        assert "2.0.0" in str(caught.value)
    assert project.git("status", "--porcelain") == ""
    assert [path.name for path in (project.root / "data/raw").iterdir()] == ["one.csv"]


def test_a_new_column_is_a_minor_version(project: Project, tmp_path: Path) -> None:
    """It is added to the contract as optional and unused, the version is raised, and it is told."""
    lines = _rows(10).splitlines()
    text = "\n".join(
        [f"{lines[0]},e_mail", *(f"{line},a{n}@b.org" for n, line in enumerate(lines[1:]))]
    )
    source = write(tmp_path / "two.csv", text + "\n")
    told = project.run("lockgate", "ingest", str(source)).stdout
    assert "1.0.0 is now 1.1.0, a minor version" in told
    assert "e_mail (string, personal)" in told
    schema = load_schema(project.root / "data/contract.yaml")
    column = schema.column("e_mail")
    assert (schema.version, column.role, column.delivered) == ("1.1.0", "ignore", False)
    assert column.personal
    later = ingest(project.root, str(write(tmp_path / "three.csv", _rows(20))))
    assert later.evolution is None
    assert "nothing is new" in project.run("lockgate", "ingest", str(source)).stdout


def test_comments_of_the_contract_stay(project: Project, tmp_path: Path) -> None:
    """A new column is added by lines: what a person wrote stays as it is."""
    path = project.root / "data/contract.yaml"
    before = path.read_text() + "\n# Questions: the post office\ntags: [post]\n"
    path.write_text(before)
    text = _rows(10).replace(HEADER, f"{HEADER},colour").replace(",9\n", ",9,red\n")
    done = ingest(project.root, str(write(tmp_path / "two.csv", text)))
    assert done.evolution is not None
    after = path.read_text().splitlines()
    lost = [line for line in before.splitlines() if line not in after]
    assert lost == ["version: 1.0.0"]
    assert yaml.safe_load(path.read_text())["schema"][0]["properties"][-1]["name"] == "colour"


@pytest.mark.parametrize(
    "layout",
    [
        lambda text: text.replace("version: 1.0.0\n", "") + "version: 1.0.0\n",
        lambda text: text.replace("version: 1.0.0", 'version: "1.0.0"'),
        lambda text: re.sub(r"(?m)^(?:[ -] )+", lambda start: _twice_as_wide(start[0]), text),
    ],
)
def test_any_layout_of_the_contract_stays(
    project: Project, tmp_path: Path, layout: Callable[[str], str]
) -> None:
    """Keys in another order, quotes and wider indents are as good as those that adoption writes."""
    path = project.root / "data/contract.yaml"
    path.write_text(layout(path.read_text()))
    before = load_schema(path)
    text = _rows(10).replace(HEADER, f"{HEADER},colour").replace(",9\n", ",9,red\n")
    assert ingest(project.root, str(write(tmp_path / "two.csv", text))).admitted == ("two.csv",)
    after = load_schema(path)
    assert (after.version, after.names) == ("1.1.0", (*before.names, "colour"))
    assert after.columns[:-1] == before.columns


def test_a_contract_in_one_line_is_left_to_the_person(project: Project, tmp_path: Path) -> None:
    """Where a column cannot be added by lines, the person is told what to add."""
    text = yaml.safe_dump(contract_document(), default_flow_style=True, sort_keys=False)
    project.write("data/contract.yaml", text)
    source = write(tmp_path / "two.csv", _rows(10).replace("parcel_id", "colour,parcel_id"))
    source.write_text(source.read_text().replace("\nP", "\nred,P"))
    with pytest.raises(ContractError, match="add colour by hand|lines of their own"):
        ingest(project.root, str(source))
    assert not (project.root / "data/raw/two.csv").exists()


def test_a_column_that_was_perhaps_renamed_is_told(project: Project, tmp_path: Path) -> None:
    """A new column beside an optional one that is absent may be the same: the person is asked."""
    contract = contract_document()
    pieces = contract["schema"][0]["properties"][6]
    pieces["customProperties"] = [{"property": "delivery", "value": "optional"}]
    project.write("data/contract.yaml", contract)
    text = _rows(10).replace("pieces", "piece_s")
    done = ingest(project.root, str(write(tmp_path / "two.csv", text)))
    assert done.evolution is not None
    assert "did you mean 'pieces'" in done.evolution.remarks[0]


def _twice_as_wide(indent: str) -> str:
    return re.sub("([ -]) ", r"\1   ", indent)


def _ask(project: Project, rule: dict[str, object], column: int | None = None) -> None:
    """Put a rule about the whole table, or a column, into the contract."""
    contract = contract_document()
    table = contract["schema"][0]
    place = table if column is None else table["properties"][column]
    place.setdefault("quality", []).append(rule)
    project.write("data/contract.yaml", contract)


@pytest.mark.parametrize(
    "case",
    [
        ({"metric": "rowCount", "mustBeLessOrEqualTo": 15}, None, _rows(10), "rows|rowCount"),
        ({"metric": "duplicateValues", "mustBe": 0}, 3, _rows(10, weight="3"), "weight: unique"),
        (
            {"metric": "nullValues", "mustBeLessOrEqualTo": 20, "unit": "percent"},
            3,
            _rows(10, weight="2.5").replace(",2.5,", ",,", 9),
            "weight",
        ),
        (
            {"metric": "duplicateValues", "mustBeLessOrEqualTo": 92, "unit": "percent"},
            3,
            _rows(10),
            "weight: duplicateValues",
        ),
    ],
)
def test_the_table_as_a_whole_must_hold(
    project: Project, tmp_path: Path, case: tuple[dict[str, object], int | None, str, str]
) -> None:
    """Counts, shares and uniqueness are judged over all deliveries together."""
    rule, column, text, message = case
    _ask(project, rule, column)
    if column is not None:
        document = project.read("data/contract.yaml")
        document["schema"][0]["properties"][3].pop("required", None)
        project.write("data/contract.yaml", document)
    with pytest.raises(Rejected, match=message):
        ingest(project.root, str(write(tmp_path / "two.csv", text)))
    assert not (project.root / "data/raw/two.csv").exists()


def test_too_few_rows_are_no_reason_for_fewer(project: Project, tmp_path: Path) -> None:
    """A table below its least number of rows takes what helps it."""
    _ask(project, {"metric": "rowCount", "mustBeGreaterOrEqualTo": 1_000})
    assert ingest(project.root, str(write(tmp_path / "two.csv", _rows(10)))).admitted == (
        "two.csv",
    )


def test_a_share_that_the_whole_keeps_is_no_reason(project: Project, tmp_path: Path) -> None:
    """A delivery may exceed a share alone where all deliveries together do not."""
    rule = {"metric": "nullValues", "mustBeLessOrEqualTo": 60, "unit": "percent"}
    _ask(project, rule, 6)
    text = _rows(10).replace("yes,1,", "yes,,")
    assert ingest(project.root, str(write(tmp_path / "two.csv", text))).admitted == ("two.csv",)


def test_what_an_ingest_left_that_ended_early_is_completed(
    project: Project, tmp_path: Path
) -> None:
    """Files that were added, and that DVC does not track yet, are admitted by the next try."""
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder / "one.csv", _rows(0))
    for number, name in enumerate(("two", "three", "zero"), start=1):
        write(folder / f"{name}.csv", _rows(10 * number))
    in_the_way = project.root / "data/raw/zero.csv"
    in_the_way.mkdir()
    with pytest.raises(EnvironmentProblem, match="cannot be written"):
        ingest(project.root, str(folder))
    in_the_way.rmdir()
    assert (project.root / "data/raw/two.csv").exists()
    with pytest.raises(DeliveryError, match="not the ones that data/raw.dvc pins"):
        ingest(project.root, str(folder / "zero.csv"))
    done = ingest(project.root, str(folder))
    assert done.admitted == ("three.csv", "two.csv", "zero.csv")
    assert done.known == ("one.csv",)
    assert project.dvc("status", "data/raw.dvc").stdout.strip().endswith("up to date.")
    assert ingest(project.root, str(folder)).admitted == ()


def test_a_file_that_nobody_ingested_is_not_taken_for_tracked(
    project: Project, tmp_path: Path
) -> None:
    """What was put into data/raw by hand is not added in passing."""
    write(project.root / "data/raw/two.csv", _rows(20))
    with pytest.raises(DeliveryError, match="not the ones that data/raw.dvc pins"):
        ingest(project.root, str(write(tmp_path / "two.csv", _rows(20))))


def test_missing_deliveries_are_not_forgotten(project: Project, tmp_path: Path) -> None:
    """Where data/raw is not complete, nothing is added, because DVC would drop what lacks."""
    (project.root / "data/raw/one.csv").unlink()
    with pytest.raises(DeliveryError, match="not the ones that data/raw.dvc pins"):
        ingest(project.root, str(write(tmp_path / "two.csv", _rows(10))))
