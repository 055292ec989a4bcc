"""``python -m lockgate.pipeline STAGE``: what the commands in dvc.yaml run."""

import sys
from importlib import import_module

from lockgate.errors import LockgateError

STAGES = ("validate", "featurize", "train", "evaluate", "gate")


def main(arguments: list[str]) -> int:
    """Run one stage in the working directory.

    Returns
    -------
    int
        0 done, 1 rejected, 2 a mistake that the message explains, 130 interrupted.
    """
    if len(arguments) != 1 or arguments[0] not in STAGES:
        return _complain(f"usage: python -m lockgate.pipeline [{'|'.join(STAGES)}]", 2)
    (stage,) = arguments
    try:
        from lockgate.pipeline.guard import guarded

        with guarded(stage):
            import_module(f"lockgate.pipeline.{stage}").run()
    except LockgateError as problem:
        return _complain(f"{stage}: {problem}", problem.exit_code)
    except KeyboardInterrupt:
        return _complain(f"{stage}: interrupted; nothing half-written counts, run it again", 130)
    except ModuleNotFoundError as problem:
        if (problem.name or "").startswith("lockgate"):
            raise
        return _complain(
            f"{sys.executable} has no package '{problem.name}'\n"
            "  -> activate the project's environment: source .venv/bin/activate",
            2,
        )
    return 0


def _complain(message: str, code: int) -> int:
    """Print to stderr without the console, which the wrong Python may not have."""
    print(message, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
