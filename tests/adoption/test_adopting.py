"""Contract, params and data of a project are replaced together, can be undone, and hold."""

from math import exp
from pathlib import Path

import pytest

from lockgate.adoption.adopting import carry_out, examine, uncommitted, undoing
from lockgate.adoption.params_file import replaced
from lockgate.adoption.wishes import Wishes
from lockgate.contract.compile import load_schema
from lockgate.errors import ContractError, DeliveryError, EnvironmentProblem, ParamsError
from lockgate.params import load_params
from tests.adoption.tables import noise, write
from tests.project import Project, make_project
from tests.samples import contract_document

REPLACED = ("data/contract.yaml", "params.yaml", "data/raw.dvc")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project that holds another table, committed."""
    made = make_project(tmp_path / "project", contract_document(), _commented())
    made.write("data/raw/old.csv", "parcel_id\n1\n")
    made.dvc("add", "--quiet", "data/raw")
    made.commit()
    return made


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return a table with dirt, an id, a date and a skewed target."""
    lines = ["order_id;day;weight;kind;cost"]
    for row in range(300):
        day = f"{1 + row % 28:02d}.{1 + row // 28:02d}.2024"
        weight = "?" if row == 7 else f"{noise(row) + 1:.1f}".replace(".", ",")
        lines.append(
            f"O{row:04d};{day};{weight};{'ab'[row % 2]};{exp(noise(3 * row + 1) / 20):.4f}"
        )
    return write(tmp_path / "orders.csv", "\n".join(lines) + "\n")


def _commented() -> str:
    """Write params by hand, with comments, as a person would."""
    return Path(__file__).with_name("params.yaml").read_text(encoding="utf-8")


def _adopt(project: Project, table: Path) -> dict[str, str]:
    carry_out(project.root, examine(project.root, str(table), Wishes("cost")))
    return {name: (project.root / name).read_text() for name in REPLACED}


def test_contract_and_params_hold(project: Project, table: Path) -> None:
    """What was written says what the table is, and the stages can read it."""
    _adopt(project, table)
    schema = load_schema(project.root / "data/contract.yaml")
    assert schema.key is not None
    assert schema.time is not None
    assert (schema.key.name, schema.time.name, schema.target.name) == ("order_id", "day", "cost")
    weight = schema.column("weight")
    assert (weight.decimal, weight.missing, weight.nullable) == (",", ("", "?"), True)
    assert schema.column("kind").values == ("a", "b")
    params = load_params(project.root / "params.yaml")
    assert params.featurize.module is None
    assert params.featurize.features is not None
    assert set(params.featurize.features) >= {"weight", "kind", "day_month", "day_days"}
    assert params.featurize.split.test_from is not None
    assert params.train.target_transform == "log"
    assert not params.evaluate.slices
    assert not params.gate.thresholds
    assert (project.root / "data/raw/orders.csv").read_bytes() == table.read_bytes()
    assert not (project.root / "data/raw/old.csv").exists()


def test_comments_and_layout_stay(project: Project, table: Path) -> None:
    """Only values change in params.yaml: its comments and all other lines stay."""
    before = _commented().splitlines()
    _adopt(project, table)
    after = (project.root / "params.yaml").read_text().splitlines()
    assert "# Every knob." in after
    assert "  features: # what the model sees" in after
    assert "  thresholds: {} # any metric" in after
    assert [line for line in before if "bootstrap" in line] == [
        line for line in after if "bootstrap" in line
    ]


def test_twice_is_once(project: Project, table: Path) -> None:
    """Adopting the same file again changes no byte."""
    assert _adopt(project, table) == _adopt(project, table)


def test_git_undoes_it(project: Project, table: Path) -> None:
    """The commands that are printed bring the table before back."""
    before = {name: (project.root / name).read_text() for name in REPLACED}
    undo = undoing(project.root)
    _adopt(project, table)
    assert set(uncommitted(project.root)) == set(REPLACED)
    project.run("sh", "-c", undo)
    assert {name: (project.root / name).read_text() for name in REPLACED} == before
    assert (project.root / "data/raw/old.csv").exists()
    assert not (project.root / "data/raw/orders.csv").exists()


def test_a_first_table_is_undone(tmp_path: Path, table: Path) -> None:
    """Where there were no data, there are none after the commands that undo."""
    project = make_project(tmp_path / "project", contract_document(), _commented())
    project.commit()
    undo = undoing(project.root)
    _adopt(project, table)
    project.run("sh", "-c", undo)
    assert project.git("status", "--porcelain") == ""
    assert not (project.root / "data/raw").exists()


def test_explaining_writes_nothing(project: Project, table: Path) -> None:
    """--explain shows the decisions and leaves the project as it is."""
    told = project.run("lockgate", "adopt", str(table), "--target", "cost", "--explain").stdout
    assert "with a decimal comma" in told
    assert "nothing was written" in told
    assert project.git("status", "--porcelain") == ""


def test_it_asks_first(project: Project, table: Path) -> None:
    """Without an answer nothing is replaced; with --yes it is, and the next command is named."""
    asked = project.run("lockgate", "adopt", str(table), "--target", "cost", check=False)
    assert asked.returncode == 1
    assert project.git("status", "--porcelain") == ""
    done = project.run("lockgate", "adopt", str(table), "--target", "cost", "--yes").stdout
    assert "dvc repro" in done


def test_untracked_files_are_not_lost(project: Project, table: Path) -> None:
    """A delivery that DVC has no copy of stops adoption before anything changes."""
    project.write("data/raw/new.csv", "parcel_id\n2\n")
    with pytest.raises(DeliveryError, match="DVC has no copy"):
        _adopt(project, table)
    assert (project.root / "data/raw/new.csv").exists()


def test_a_table_in_its_place_is_adopted(project: Project, table: Path) -> None:
    """A file that is already in data/raw may be adopted from there."""
    inside = project.write("data/raw/orders.csv", table.read_text())
    (project.root / "data/raw/old.csv").unlink()
    _adopt(project, inside)
    assert inside.read_bytes() == table.read_bytes()


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        (Wishes("csot"), "'csot', and the table has no such column .did you mean 'cost'"),
        (Wishes("cost", drop=("wieght",)), "--drop names 'wieght'"),
        (Wishes("cost", key="cost"), "'cost' is given as --target and as --key"),
    ],
)
def test_a_name_that_is_none_is_explained(
    project: Project, table: Path, wishes: Wishes, message: str
) -> None:
    """A mistyped column is named with the nearest that there is."""
    with pytest.raises(ContractError, match=message):
        examine(project.root, str(table), wishes)


def test_a_folder_that_is_no_project_is_explained(table: Path) -> None:
    """Adoption happens in a checkout; elsewhere it says so before it reads anything."""
    with pytest.raises(EnvironmentProblem, match=r"no lockgate project: it has no params\.yaml"):
        examine(table.parent, str(table), Wishes("cost"))


def test_a_table_without_rows_is_refused(project: Project, tmp_path: Path) -> None:
    """A header alone is no table."""
    with pytest.raises(DeliveryError, match="the table has no rows"):
        examine(project.root, str(write(tmp_path / "a.csv", "x,cost\n")), Wishes("cost"))


def test_a_key_that_is_not_found_is_named() -> None:
    """Params in another layout are not guessed at."""
    with pytest.raises(ParamsError, match=r"the line of gate\.thresholds was not found"):
        replaced("gate: {thresholds: {}}\n", "gate.thresholds", "{}", Path("params.yaml"))
