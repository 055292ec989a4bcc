"""featurize: accepted rows to features, without repeats, divided into train and test."""

from collections.abc import Iterator
from pathlib import Path

from lockgate.console import progress, say
from lockgate.contract import Schema
from lockgate.features import Feature, resolve
from lockgate.features.batches import concatenate, select
from lockgate.features.duplicates import keep_last
from lockgate.features.feature import Array
from lockgate.features.hashing import content_hash, uniform
from lockgate.features.leaks import Leak, guard
from lockgate.features.parts import divide, write_parts
from lockgate.features.splits import PARTS, check_date, check_parts, parts_in_use
from lockgate.features.target import target_values
from lockgate.params import FeaturizeParams, load_params
from lockgate.pipeline.inputs import FEATURE_LIST, FEATURES, describe, read_schema
from lockgate.tables import Columns, read_parquet, read_parquet_batches, write_json

ACCEPTED = Path("data", "accepted.parquet")
METRICS = Path("metrics", "featurize.json")
LEAK_ROWS = 100_000


def run(root: Path = Path()) -> None:
    """Run the stage in the project at `root`.

    Raises
    ------
    LockgateError
        When a feature cannot be computed or gives the target away, or a part has no rows.
    """
    params = load_params(root / "params.yaml").featurize
    schema = read_schema(root)
    features = resolve(params.features, params.module, schema)
    when = _times(root, schema)
    check_date(params.split, when)
    kept = keep_last(_batches(root, "looking for repeats"), schema)
    batches = _batches(root, "computing features")
    stream = divide(batches, kept.mask, features, schema, params.split)
    written = write_parts(stream, _files(root, params), schema)
    check_parts(written.rows, params.split, when)
    leaks = _guard(root, written.rows["train"], features, schema, params)
    remarks = {leak.feature: leak.evidence for leak in leaks}
    write_json(root / FEATURE_LIST, describe(features, remarks))
    summary = {
        "rows": len(kept.mask),
        "duplicates_dropped": kept.duplicates,
        "repeated_keys_resolved": kept.repeated_keys,
        "rows_without_target": written.without_target,
        **{f"{part}_rows": count for part, count in written.rows.items()},
        "straddling_entities": written.straddling,
        "features": len(features),
        "leak_warnings": len(leaks),
    }
    write_json(root / METRICS, summary)
    _report(summary, (schema.group or schema.target).name, remarks)


def _times(root: Path, schema: Schema) -> Array | None:
    if schema.time is None:
        return None
    name = schema.time.name
    return read_parquet(root / ACCEPTED, [name])[name]


def _batches(root: Path, label: str) -> Iterator[Columns]:
    with progress(label) as bar:
        for batch in read_parquet_batches(root / ACCEPTED):
            yield batch
            bar.advance()


def _files(root: Path, params: FeaturizeParams) -> dict[str, Path]:
    paths = {part: root / FEATURES / f"{part}.parquet" for part in PARTS}
    for path in paths.values():
        path.unlink(missing_ok=True)
    return {part: paths[part] for part in parts_in_use(params.split)}


def _guard(
    root: Path, rows: int, features: tuple[Feature, ...], schema: Schema, params: FeaturizeParams
) -> tuple[Leak, ...]:
    sample = concatenate(
        select(batch, uniform(content_hash(batch, schema.columns), "leaks") < LEAK_ROWS / rows)
        for batch in read_parquet_batches(root / FEATURES / "train.parquet")
    )
    values = {feature.name: sample[feature.name] for feature in features}
    return guard(values, target_values(sample, schema), schema.classes, params.leaks)


def _report(summary: dict[str, int], group: str, remarks: dict[str, str]) -> None:
    say(
        f"{summary['train_rows']:,} rows train, {summary['calibration_rows']:,} calibrate, "
        f"{summary['test_rows']:,} test, with {summary['features']} features"
    )
    for count, what in (
        (summary["duplicates_dropped"], "exact duplicates dropped"),
        (summary["repeated_keys_resolved"], "rows replaced by a later one with the same key"),
        (summary["rows_without_target"], "rows without a target set aside"),
        (
            summary["straddling_entities"],
            f"values of {group} on both sides of the split date, kept",
        ),
    ):
        if count:
            say(f"{count:,} {what}")
    for feature, evidence in remarks.items():
        say(f"'{feature}' {evidence}: is it known before the target is?", style="yellow")
