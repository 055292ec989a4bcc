"""dvc.yaml against the code: what a stage imports and reads is what it depends on."""

import ast
from pathlib import Path

import grimp
import pytest
import yaml

from lockgate.params import Params
from tests.project import CHECKOUT

DVC = yaml.safe_load((CHECKOUT / "dvc.yaml").read_text(encoding="utf-8"))
STAGES = ("validate", "featurize", "train", "evaluate", "gate")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Read the imports of the whole package, also those inside functions."""
    return grimp.build_graph("lockgate", cache_dir=None)


def _covered(path: Path, deps: list[str]) -> bool:
    return any(path == Path(dep) or Path(dep) in path.parents for dep in deps)


def _code(graph: grimp.ImportGraph, stage: str) -> set[str]:
    started = {f"lockgate.pipeline.{stage}", "lockgate.pipeline.__main__"}
    return started.union(*(graph.find_upstream_modules(module) for module in started))


def _file(module: str) -> Path:
    path = Path("src", *module.split("."))
    return path / "__init__.py" if (CHECKOUT / path).is_dir() else path.with_suffix(".py")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_all_the_code_that_it_imports(
    graph: grimp.ImportGraph, stage: str
) -> None:
    """A change of code that a stage imports makes `dvc repro` run it again."""
    modules = _code(graph, stage)
    packages = {module.rpartition(".")[0] for module in modules} - {"lockgate.pipeline"}
    needed = {_file(module) for module in modules | packages}
    if "lockgate.html" in modules:
        needed.add(Path("src/lockgate/templates/base.html"))
    missing = sorted(str(p) for p in needed if not _covered(p, DVC["stages"][stage]["deps"]))
    assert missing == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_no_code_that_it_does_not_import(
    graph: grimp.ImportGraph, stage: str
) -> None:
    """A change of code that a stage does not import does not make it run again."""
    modules = _code(graph, stage)
    files = {_file(module) for module in modules | {"lockgate", "lockgate.pipeline"}}
    code = [Path(dep) for dep in DVC["stages"][stage]["deps"] if dep.startswith("src/")]
    templates = Path("src/lockgate/templates")
    idle = [dep for dep in code if not any(dep in (f, *f.parents) for f in files)]
    assert [dep for dep in idle if templates not in (dep, *dep.parents)] == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_names_the_params_that_it_reads(stage: str) -> None:
    """A change of a parameter that a stage reads makes `dvc repro` run it again."""
    sections = {field.alias or name: name for name, field in Params.model_fields.items()}
    listed = {str(key).partition(".")[0] for key in DVC["stages"][stage]["params"]}
    source = (CHECKOUT / "src/lockgate/pipeline" / f"{stage}.py").read_text(encoding="utf-8")
    read = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    used = {alias for alias, name in sections.items() if name in read}
    assert used <= listed
