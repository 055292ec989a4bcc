"""The floor of benchmarks/pipeline.py: the five stages in one process, without DVC.

``python straight.py [REPORT]`` in a checkout whose data are there. With REPORT it watches itself,
which takes a little longer, and writes there how many CPU seconds each part took.
"""

import builtins
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

STAGES = ("validate", "featurize", "train", "evaluate", "gate")
IMPORTS = "imports"


class Clock:
    """Sums up CPU seconds by part; a part within another one counts for itself alone."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._within = [0.0]

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what is done in the block for the part `name`."""
        started = time.process_time()
        self._within.append(0.0)
        try:
            yield
        finally:
            spent = time.process_time() - started
            self.seconds[name] += spent - self._within.pop()
            self._within[-1] += spent

    def watch(self, owner: Any, name: str, part: str) -> None:
        """Put a function in the place of `name` that does the same and counts for `part`."""
        function: Callable[..., Any] = getattr(owner, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            with self.part(part):
                return function(*arguments, **named)

        setattr(owner, name, counted)


def main() -> None:
    """Run the stages, each as its own process would."""
    for name in STAGES:
        import_module(f"lockgate.pipeline.{name}").run()


def watched(report: Path) -> None:
    """Run the stages, and write the seconds by part."""
    clock = Clock()
    clock.watch(builtins, "__import__", IMPORTS)
    with clock.part(IMPORTS):
        stages = {name: import_module(f"lockgate.pipeline.{name}") for name in STAGES}
    watch_parts(clock)
    for name, stage in stages.items():
        with clock.part(f"{name}: the rest"):
            stage.run()
    report.write_text(json.dumps(clock.seconds), encoding="utf-8")


def watch_parts(clock: Clock) -> None:
    """Watch the functions that take up most of a stage, where the stage finds them."""
    from lockgate.learning import slices
    from lockgate.pipeline import train
    from lockgate.reporting import findings, gallery
    from lockgate.validation.suite import Suite

    clock.watch(Suite, "counts", "validate: Great Expectations")
    clock.watch(Suite, "failing", "validate: Great Expectations")
    clock.watch(train, "fit", "train: fits of model and baseline")
    clock.watch(train, "save", "train: the bundle")
    clock.watch(findings, "bootstrap", "evaluate: bootstrap")
    clock.watch(slices, "bootstrap", "evaluate: bootstrap")
    clock.watch(findings, "permutation_importance", "evaluate: permutation importance")
    clock.watch(gallery, "picture", "evaluate: pictures")


if __name__ == "__main__":
    watched(Path(sys.argv[1])) if sys.argv[1:] else main()
