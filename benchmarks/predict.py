"""What a prediction costs: the predict module against the scikit-learn pipeline behind it.

``python benchmarks/predict.py [RUNS [CHECKOUT]]`` asks the bundle of the last run, models/model,
about rows of its test part.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import CHECKOUT, HERE, Cost, cheapest, cost, pinned, say, table

OURS = "lockgate.load_predictor(bundle).predict(row)"
FLOOR = "joblib.load(file).predict(pandas.DataFrame(row))"
READ_ROW = "import json, sys; row = json.load(open(sys.argv[2])); "
COLD_OURS = READ_ROW + "import lockgate; bundle = sys.argv[1]; " + OURS
COLD_FLOOR = READ_ROW + "import joblib, pandas; file = sys.argv[1]; " + FLOOR


def main(runs: int = 7, checkout: Path = CHECKOUT) -> None:
    """Measure, and print the section."""
    bundle = Path("models", "model")
    with TemporaryDirectory() as folder:
        report, row, features = (Path(folder) / name for name in ("warm", "row", "features"))
        say("predict: in process")
        cost(pinned("python", HERE / "warm.py", str(runs), report, row, features), checkout)
        found = json.loads(report.read_text(encoding="utf-8"))
        ours: list[Cost] = []
        floor: list[Cost] = []
        for run in range(1, runs + 1):
            say(f"predict: cold, round {run} of {runs}")
            ours.append(cost(pinned("python", "-c", COLD_OURS, bundle, row), checkout))
            joblib = bundle / "pipeline.joblib"
            floor.append(cost(pinned("python", "-c", COLD_FLOOR, joblib, features), checkout))
    show(found, cheapest(ours), cheapest(floor))


def show(found: dict[str, float], ours: Cost, floor: Cost) -> None:
    """Print a line for each way to ask."""
    one, many = found["pipeline, one"], found["pipeline, many"]
    rows = [
        ("one row", "`predictor.predict(a_dict)`", "one, dict", one, "60 times faster"),
        ("10,000 rows", "`predictor.predict(list_of_dicts)`", "many, dicts", many, "as fast"),
        ("10,000 rows", "`predictor.predict(dataframe)`", "many, frame", many, "as fast"),
        ("10,000 rows", "`predictor.predict_columns(arrays)`", "many, columns", many, "as fast"),
    ]
    lines = [
        (rows_, call, _time(found[key]), _time(base), f"**{base / found[key]:.1f}**", asked)
        for rows_, call, key, base, asked in rows
    ]
    cold = f"**{floor.seconds / ours.seconds:.1f}**"
    seconds = (_time(ours.seconds), _time(floor.seconds))
    lines.append(("a new process, one row", f"`{OURS}`", *seconds, cold, "3 times faster"))
    print("\n## Predictions, beside the scikit-learn pipeline\n")
    print(
        "The floor is `pipeline.predict` on a DataFrame of the features, made in advance; of the\n"
        f"new process, `{FLOOR}`, imports included.\n"
        "The predict module also checks the row, computes its features, its interval and its\n"
        "warnings, and gives the same numbers. Least of several rounds, taken in turn with the\n"
        "floor."
    )
    table(("what", "call", "time ", "floor ", "times faster ", "asked"), lines)
    print(f"\nMemory of the new process: {ours.megabytes:.0f} MB, floor {floor.megabytes:.0f} MB.")


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:,.0f} µs"
    return f"{seconds * 1e3:,.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *map(Path, sys.argv[2:]))
