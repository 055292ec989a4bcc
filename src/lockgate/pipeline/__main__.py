"""``python -m lockgate.pipeline STAGE``: what the commands in dvc.yaml run."""

import sys
from importlib import import_module

from lockgate.console import complain
from lockgate.errors import LockgateError

STAGES = ("validate", "featurize", "train", "evaluate", "gate")


def main(arguments: list[str]) -> int:
    """Run one stage in the working directory.

    Returns
    -------
    int
        0 done, 1 rejected, 2 a mistake that the message explains.
    """
    if len(arguments) != 1 or arguments[0] not in STAGES:
        complain(f"usage: python -m lockgate.pipeline [{'|'.join(STAGES)}]")
        return 2
    try:
        import_module(f"lockgate.pipeline.{arguments[0]}").run()
    except LockgateError as problem:
        complain(f"{arguments[0]}: {problem}")
        return problem.exit_code
    except KeyboardInterrupt:
        complain(f"{arguments[0]}: interrupted; nothing half-written counts, run it again")
        return 130
    except ModuleNotFoundError as problem:
        if (problem.name or "").startswith("lockgate"):
            raise
        complain(
            f"{sys.executable} has no package '{problem.name}'\n"
            "  -> activate the project's environment: source .venv/bin/activate"
        )
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
