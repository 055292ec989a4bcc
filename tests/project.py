"""A checkout of the tests' own: this code and dvc.yaml, their contract, params and data."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).parents[1]
CODE = (".dvcignore", ".gitignore", "dvc.yaml", "pyproject.toml", "requirements", "src")


@dataclass(frozen=True)
class Project:
    """A project folder in which real DVC and git run."""

    root: Path

    def write(self, path: str, content: object) -> Path:
        """Write text as it is and anything else as YAML."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
        target.write_text(text, encoding="utf-8")
        return target

    def read(self, path: str) -> Any:
        """Read a YAML or JSON file."""
        return yaml.safe_load((self.root / path).read_text(encoding="utf-8"))

    def run(
        self, *command: str, check: bool = True, **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run a program with this environment's Python first on the PATH."""
        own = str(Path(sys.executable).parent)
        inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environment = inherited | {"PATH": f"{own}:{os.environ['PATH']}"} | variables
        done = subprocess.run(
            command,
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{command} exited {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def dvc(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run DVC."""
        return self.run("dvc", *arguments, check=check)

    def git(self, *arguments: str) -> str:
        """Run git and return what it printed."""
        return self.run("git", *arguments).stdout

    def commit(self, message: str = "Step") -> None:
        """Commit everything that is not ignored."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)


def make_project(root: Path, contract: object, params: object) -> Project:
    """Lay out this checkout's code beside the given contract and params, under git and DVC."""
    root.mkdir(parents=True)
    for name in CODE:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(
                source, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
            )
        else:
            shutil.copy(source, root / name)
    project = Project(root)
    project.write("params.yaml", params)
    project.write("data/contract.yaml", contract)
    project.write("models/releases/none/README.md", "No release yet.\n")
    shutil.copytree(CHECKOUT / ".dvc", root / ".dvc", ignore=shutil.ignore_patterns("cache", "tmp"))
    project.git("init", "--quiet", "--initial-branch", "main")
    project.git("config", "user.name", "Test")
    project.git("config", "user.email", "test@localhost")
    return project
