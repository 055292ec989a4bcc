"""Mishaps at a chosen moment: a command that runs when a process is about to write something."""

import hashlib
import subprocess
from pathlib import Path

from tests.project import Project

HOOK = """
import os
import subprocess
import sys

TARGETS = {"os.mkdir": 0, "os.rename": 1}


def watch(event, arguments):
    at = os.environ.get("MISHAP_AT")
    if at and event in TARGETS and str(arguments[TARGETS[event]]).endswith(at):
        del os.environ["MISHAP_AT"]
        subprocess.run(os.environ["MISHAP"], shell=True)


if "MISHAP_AT" in os.environ:
    sys.addaudithook(watch)
"""


def prepare_mishaps(project: Project) -> None:
    """Make the stages, which have ``src`` on their path, watch for the moment."""
    project.write("src/sitecustomize.py", HOOK)


def run_with(
    project: Project, mishap: str, at: str, *command: str, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command as a process group of its own, as a terminal does, with a mishap in it.

    Parameters
    ----------
    project : Project
        After `prepare_mishaps`.
    mishap : str
        A shell command; ``kill -9 0`` means the whole group, ``$PPID`` the process at that moment.
    at : str
        The end of the path that is about to be made, or put in place of another.
    command, variables : str
        What to run, in which environment.
    """
    group = ("setsid", *command)
    return project.run(*group, check=False, MISHAP=mishap, MISHAP_AT=at, **variables)


def outputs(project: Project) -> dict[str, str]:
    """Hash every file that stages write, hidden ones as well."""
    return {
        path.relative_to(project.root).as_posix(): hashlib.md5(path.read_bytes()).hexdigest()
        for folder in ("data", "metrics", "models", "plots")
        for path in sorted((project.root / folder).rglob("*"))
        if path.is_file()
    }


def in_namespace(folder: Path, script: str, *arguments: str) -> list[str] | None:
    """Return the command that runs a shell script where it may mount; None if nobody may here.

    Root's mounts go to a namespace of their own too, and so vanish with the script.
    """
    folder.mkdir(exist_ok=True)
    for flags in ("-rm", "-m"):
        probe = ["unshare", flags, "mount", "-t", "tmpfs", "none", str(folder)]
        try:
            tried = subprocess.run(probe, capture_output=True, check=False)
        except FileNotFoundError:
            return None
        if tried.returncode == 0:
            return ["unshare", flags, "sh", "-eu", "-c", script, "sh", *arguments]
    return None
