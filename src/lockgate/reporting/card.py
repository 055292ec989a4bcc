"""The model card, with the headings of Mitchell et al. 2019, "Model Cards for Model Reporting"."""

from collections.abc import Iterator, Sequence

from lockgate.contract import Column
from lockgate.reporting.findings import Findings
from lockgate.reporting.lineage import described, features
from lockgate.reporting.reach import coverage
from lockgate.reporting.report import metric_rows, slice_rows
from lockgate.reporting.words import plural

WORST_SLICES = 10
DRIVERS = 5


def model_card(findings: Findings) -> str:
    """Return the card as Markdown, from schema, manifest and measurements alone."""
    target = findings.schema.target.name
    sections = {
        "Model details": _details(findings),
        "Intended use": _use(findings),
        "Factors": _factors(findings),
        "Metrics": _metrics(findings),
        "Evaluation data": _evaluation_data(findings),
        "Training data": _training_data(findings),
        "Quantitative analyses": _analyses(findings),
        "Ethical considerations": _ethics(findings),
        "Caveats and recommendations": _caveats(findings),
    }
    body = "\n".join(f"## {name}\n\n" + "\n".join(lines) + "\n" for name, lines in sections.items())
    return f"# Model card: {target} of {findings.schema.entities}\n\n{body}"


def _details(findings: Findings) -> Iterator[str]:
    manifest = findings.bundle.manifest
    arguments = ", ".join(f"{k}={v}" for k, v in sorted(manifest.primary.params.items()))
    yield f"- Estimator: `{manifest.primary.estimator}`" + (f" ({arguments})" if arguments else "")
    for member in manifest.primary.members:
        yield f"  - {member.name}: {described(member)}"
    yield f"- Task: {manifest.task}"
    yield f"- Stand-in and baseline: `{manifest.baseline.estimator}`"
    yield f"- Model: `{findings.bundle.hash}`"
    yield f"- Data: `{manifest.data_hash}`"
    yield f"- Contract version: {findings.schema.version}"
    yield "- Libraries: " + ", ".join(f"{k} {v}" for k, v in sorted(manifest.libraries.items()))


def _use(findings: Findings) -> Iterator[str]:
    schema = findings.schema
    needed = [column.name for column in schema.columns if column.requested]
    read = {name for each in findings.bundle.features for name in each.columns}
    optional = [c.name for c in schema.columns if c.name in read and not c.requested]
    yield f"Estimates {_described(schema.target)} of one {schema.entity} at a time."
    yield ""
    yield f"- A request must give: {_listed(needed)}"
    yield f"- It may give: {_listed(optional)}"
    yield f"- Out of scope: {schema.entities} unlike those of the training data (see below)"
    yield "- Out of scope: what would happen if a value were changed; the model knows no causes"


def _factors(findings: Findings) -> Iterator[str]:
    yield "| Feature | Training range | Unit | Computed from |"
    yield "|---|---|---|---|"
    for row in features(findings):
        yield _row(row.name, row.range, row.unit, row.source)
    yield ""
    yield from _drivers(findings)


def _drivers(findings: Findings) -> Iterator[str]:
    found = findings.reasons
    if found is None:
        yield "This model's answers cannot be explained; permutation importance is in the report."
        return
    yield "Each answer can be taken apart into what each feature adds (`lockgate explain`). On the"
    yield f"test part they add most: {_listed([each.name for each in found.weights[:DRIVERS]])}."


def _metrics(findings: Findings) -> Iterator[str]:
    yield "On the test part, with 95 % confidence intervals from resampling its rows."
    yield ""
    yield "| Metric | Model | 95 % interval | Linear baseline | Constant |"
    yield "|---|--:|--:|--:|--:|"
    for row in metric_rows(findings):
        yield _row(row.label, row.value, row.interval, row.linear, row.constant)


def _evaluation_data(findings: Findings) -> Iterator[str]:
    schema = findings.schema
    rows = plural(len(findings.y), schema.entity, schema.entities)
    if findings.period and schema.time:
        first, last = findings.period
        yield f"{rows} with {schema.time.name} from {first} to {last}, all later than the training."
    else:
        unit = schema.group or schema.key
        by = f"`{unit.name}`" if unit else "content"
        yield f"{rows}, kept back by a hash of their {by}; none of them was trained on."


def _training_data(findings: Findings) -> Iterator[str]:
    manifest = findings.bundle.manifest
    yield f"{manifest.rows:,} {findings.schema.entities} that the contract accepted."
    for column, period in sorted(manifest.periods.items()):
        yield f"{column} from {period.first} to {period.last}."


def _analyses(findings: Findings) -> Iterator[str]:
    if findings.slices:
        yield "The slices with the highest loss:"
        yield ""
        yield "| Column | Slice | Rows | Loss | 95 % interval | Against all |"
        yield "|---|---|--:|--:|--:|--:|"
        for cells in list(slice_rows(findings))[:WORST_SLICES]:
            yield _row(*cells)
        yield ""
    yield "Behavioural checks:"
    yield ""
    for check in findings.checks:
        yield f"- {'passed' if check.passed else '**failed**'}: {check.check} ({check.reason})"


def _ethics(findings: Findings) -> Iterator[str]:
    read = {name for each in findings.bundle.features for name in each.columns}
    personal = [column for column in findings.schema.columns if column.personal]
    if not personal:
        yield "The contract classifies no column as personal."
        return
    used = [column.name for column in personal if column.name in read]
    unused = [column.name for column in personal if column.name not in read]
    yield "The contract classifies as personal:"
    yield ""
    yield f"- not read by the model: {_listed(unused)}"
    yield f"- read by the model: {_listed(used)}"


def _caveats(findings: Findings) -> Iterator[str]:
    yield "- Outside the training ranges above, answers are extrapolated; requests get a warning."
    yield f"- {coverage(findings)} That is"
    yield "  meant of new rows that are like those of training, and of no other group of them."
    if findings.schema.task != "regression":
        yield "- Probabilities were calibrated on training rows that the model had not seen; they"
        yield "  hold on average, and for a shift in the data not at all."
    if findings.slices:
        column, worst = findings.slices[0]
        name = f"{column} = {worst.name}"
        yield f"- Weakest where {name}: the loss is {worst.ratio:.2f} times that of all rows."
    yield "- The model does not learn by itself: measure it again when new data arrive."


def _described(column: Column) -> str:
    return f"`{column.name}`" + (f" ({column.unit})" if column.unit else "")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"


def _row(*cells: str) -> str:
    # A bar in a value would end the cell.
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
