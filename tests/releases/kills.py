"""Commands that move production, killed before or after one of their steps."""

import signal
import subprocess
import sys

from tests.project import Project

DRIVER = """
import os, signal, sys
from pathlib import Path
from lockgate.releases import landing, releasing, rollback
command, step, moment = sys.argv[1:]
owner, _, name = step.rpartition(".")
owner = eval(owner)
done = getattr(owner, name)
def deadly(*arguments, **named):
    if moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = done(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, name, deadly)
{"release": releasing.release, "rollback": rollback.rollback}[command](Path())
"""


def killed(project: Project, command: str, step: str, moment: str) -> None:
    """Release or roll back, and kill the process before or after a step."""
    done = subprocess.run(
        (sys.executable, "-c", DRIVER, command, step, moment),
        cwd=project.root,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
