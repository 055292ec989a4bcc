"""A delivery is admitted whole or refused whole, and once."""

from pathlib import Path

import pytest

from lockgate.adoption.ingesting import REFUSED, REPORT, ingest
from lockgate.errors import DeliveryError, Rejected
from tests.adoption.tables import write
from tests.project import Project, make_project
from tests.samples import contract_document, params_document

HEADER = "parcel_id,sender,sent_on,weight,size,insured,pieces,cost"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with one delivery."""
    made = make_project(tmp_path / "project", contract_document(), params_document())
    made.write("data/raw/one.csv", _rows(0))
    made.dvc("add", "--quiet", "data/raw")
    made.commit()
    return made


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
    ("name", "text", "message"),
    [
        ("one.csv", _rows(40), "a delivery of this name has other content"),
        ("new.csv", "parcel_id,colour\nP1,red\n", "colour"),
    ],
)
def test_what_does_not_fit_is_explained(
    project: Project, tmp_path: Path, name: str, text: str, message: str
) -> None:
    """A taken name, and columns that the contract does not know, stop it."""
    with pytest.raises(DeliveryError, match=message):
        ingest(project.root, str(write(tmp_path / name, text)))


def test_missing_deliveries_are_not_forgotten(project: Project, tmp_path: Path) -> None:
    """Where data/raw is not complete, nothing is added, because DVC would drop what lacks."""
    (project.root / "data/raw/one.csv").unlink()
    with pytest.raises(DeliveryError, match="not the ones that data/raw.dvc pins"):
        ingest(project.root, str(write(tmp_path / "two.csv", _rows(10))))
