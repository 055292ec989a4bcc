"""The benchmarks run, and say what they measured; how fast anything is, no test asks."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.benchmarks.scripts import BENCHMARKS, printed
from tests.e2e.parcels import deliver
from tests.project import Project, make_project
from tests.samples import contract_document, params_document


@pytest.fixture(scope="module")
def parcels(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Run the pipeline on a small table."""
    params = params_document()
    params["featurize"]["split"]["test_from"] = "2025-02-01"
    root = tmp_path_factory.mktemp("benchmarks") / "project"
    project = make_project(root, contract_document(), params)
    deliver(project, 1, 2)
    project.dvc("repro")
    project.commit("Run")
    return project


def test_the_machine_is_described_without_its_name() -> None:
    """The head says what runs the benchmarks, down to the versions."""
    head = printed("machine.py")
    assert "| scikit-learn | " in head
    assert "| memory | " in head


def test_the_pipeline_is_compared_with_one_process(parcels: Project) -> None:
    """DVC and a straight process leave the same bytes, and where the seconds go is listed."""
    section = printed("pipeline.py", 1, parcels.root)
    assert "times** the CPU time" in section
    assert "| train: fits of model and baseline |" in section


def test_predictions_are_compared_with_the_pipeline(parcels: Project) -> None:
    """Each way to ask has a line with its own time and that of scikit-learn."""
    section = printed("predict.py", 1, parcels.root)
    assert section.count("| 10,000 rows |") == 3
    assert "| a new process, one row |" in section


def test_ways_to_make_intervals_are_compared(tmp_path: Path) -> None:
    """By the same table and model, split by chance and by time, as it is and as its logarithm."""
    random = np.random.default_rng(0)
    size = random.uniform(10, 99, 300)
    kind = random.choice(["old", "new"], 300)
    day = [f"2025-{1 + place // 28:02}-{1 + place % 28:02}" for place in range(300)]
    table = pd.DataFrame(
        {"day": day, "size": size, "kind": kind, "rent": size * random.gamma(9, 1, 300)}
    )
    table.to_csv(tmp_path / "rents.csv", index=False)
    page = printed("intervals.py", tmp_path / "rents.csv", "rent", "day")
    assert page.count("| by height (lockgate) | ") == 4
    assert page.count("| quantile regression | ") == 4
    assert page.count("### split by time, target ") == 2


def test_sizes_are_left_out_for_another_table(parcels: Project) -> None:
    """A fork whose table is not the simulated market gets the other benchmarks."""
    assert printed("scale.py", 3000, parcels.root) == ""


def test_adoption_is_compared_with_pandas() -> None:
    """Each size has a line for pandas and one for adopt, with time, ratio and memory."""
    section = printed("adopt.py", 2_000, 3_000)
    assert section.count("| `pandas.read_csv` |") == 2
    assert section.count("| 3,000 |") == 2


@pytest.mark.skipif(not shutil.which("wrk"), reason="needs wrk: Debian's package wrk")
def test_the_service_is_compared_with_plain_ones(parcels: Project) -> None:
    """Each server has a line for each number of connections, after its answers were compared."""
    page = printed("serve.py", 1, 1, parcels.root)
    assert page.count("| lockgate |") == 4
    assert page.count("| plain |") == 4
    assert "| of constant |" in page


def test_the_scoreboard_is_printed_and_put_into_a_page(parcels: Project, tmp_path: Path) -> None:
    """Between its marks, and nothing else of the page is touched; the same goes to a JSON file."""
    page, report = tmp_path / "page.md", tmp_path / "scores.json"
    marks = ("<!-- scoreboard -->\n", "<!-- end of scoreboard -->\n")
    page.write_text(f"Before.\n{marks[0]}of old\n{marks[1]}After.\n", encoding="utf-8")
    options = ("--only", "stopped", "--json", report, "--page", page, "--checkout", parcels.root)
    table = printed("soak.py", *options)
    assert table.count("| passed |") == 2
    assert page.read_text(encoding="utf-8") == f"Before.\n{marks[0]}{table}{marks[1]}After.\n"
    found = json.loads(report.read_text(encoding="utf-8"))
    assert found["passed"]
    assert [score["passed"] for score in found["scores"]] == [True, True]


def test_a_missed_score_is_no_success() -> None:
    """One is enough; what was left out is none, and does not hide it."""
    asked = (
        "from reliability.score import Score, as_json, left_out;"
        "good, bad, none = Score('', '', '', True), Score('', '', '', False), left_out('', '', '');"
        "print([as_json(each)['passed'] for each in ([good], [good, bad, none], [none])])"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=BENCHMARKS, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[True, False, True]\n"
