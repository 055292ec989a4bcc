"""The commands as typed at a terminal."""

from tests.project import Project


def test_the_contract_is_printed_as_a_table(project: Project) -> None:
    """`lockgate contract check` shows each column with role, unit and allowed values."""
    said = project.run("lockgate", "contract", "check").stdout
    assert "data/contract.yaml is valid" in said
    assert "small | large" in said
    assert "0..50" in said


def test_a_broken_contract_is_explained(project: Project) -> None:
    """A contradiction in the contract is one message and exit code 2, not a traceback."""
    contract = project.read("data/contract.yaml")
    contract["schema"][0]["properties"][3]["logicalTypeOptions"] = {"minimum": 9, "maximum": 1}
    project.write("data/contract.yaml", contract)
    done = project.run("lockgate", "contract", "check", check=False)
    assert done.returncode == 2
    assert "weight" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_traceback_is_there_for_who_asks(project: Project) -> None:
    """`--debug` shows where an error came from."""
    (project.root / "data/contract.yaml").unlink()
    done = project.run("lockgate", "--debug", "contract", "check", check=False)
    assert "Traceback" in done.stderr


def test_the_market_is_described_and_simulated(project: Project) -> None:
    """`lockgate simulate` writes deliveries, and explains itself with --describe."""
    assert "best error" in project.run("lockgate", "simulate", "--describe").stdout
    assert not (project.root / "data/raw").exists()
    said = project.run("lockgate", "simulate", "--months", "2", "--sales", "20").stdout
    assert "2 deliveries" in said
    assert len(list((project.root / "data/raw").glob("*.csv"))) == 2


def test_an_unknown_stage_is_named(project: Project) -> None:
    """A stage that does not exist gives the list of those that do."""
    done = project.run("python", "-m", "lockgate.pipeline", "trian", check=False, PYTHONPATH="src")
    assert done.returncode == 2
    assert "validate|featurize|train|evaluate|gate" in done.stderr


def test_a_stage_without_its_files_says_so(project: Project) -> None:
    """A stage that lacks its input names the file, without a traceback."""
    done = project.run("python", "-m", "lockgate.pipeline", "train", check=False, PYTHONPATH="src")
    assert done.returncode == 2
    assert "data/schema.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_that_needs_more_than_serving_says_so(project: Project) -> None:
    """An environment that only serves has no packages for the others; no traceback."""
    without = (
        "import sys; sys.modules['pyarrow'] = None;"
        "sys.argv = ['lockgate', 'predict', 'a.csv', '-o', 'b.csv'];"
        "from lockgate.cli.app import main; main()"
    )
    done = project.run("python", "-c", without, check=False, PYTHONPATH="src")
    assert done.returncode == 2
    assert "pyarrow" in done.stderr
    assert "scripts/setup base" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_wrong_python_is_told_to_activate_the_environment(project: Project) -> None:
    """A Python without the project's packages gets the command that helps."""
    done = project.run(
        "python", "-S", "-m", "lockgate.pipeline", "train", check=False, PYTHONPATH="src"
    )
    assert done.returncode == 2
    assert "source .venv/bin/activate" in done.stderr
