"""Requests made up from the OpenAPI document, by schemathesis."""

import asyncio
import json
import shutil

from measure import ENVIRONMENT

from reliability.plan import Plan
from reliability.score import Score, left_out
from reliability.served import served
from reliability.wire import HOST

WHAT = "requests that schemathesis makes up from the OpenAPI document, seed fixed"
LEAST = 1000
ASKED = f"at least {LEAST:,}; no 5xx, no undocumented status"
MISSING = "schemathesis is not installed; it is in requirements/dev.txt"
# It cannot write NDJSON by itself; tests/service/test_openapi.py teaches it to.
OPTIONS = (
    "--seed 4 --phases fuzzing --checks not_a_server_error,status_code_conformance "
    "--suppress-health-check all --continue-on-failure --exclude-path /predict/stream"
)


async def documented(plan: Plan) -> list[Score]:
    """Run it, with more examples of each operation the longer the plan."""
    if not shutil.which("schemathesis", path=ENVIRONMENT["PATH"]):
        return [left_out(WHAT, ASKED, MISSING)]
    folder = plan.folder / "documented"
    report = folder / "report.json"
    async with served(plan.bundle, folder) as service:
        process = await asyncio.create_subprocess_exec(
            *("schemathesis", "run", f"http://{HOST}:{service.port}/openapi.json"),
            *OPTIONS.split(),
            *("--max-examples", str(100 * plan.rounds), "--max-time", f"{30 + plan.seconds:g}"),
            *("--report-json-path", str(report)),
            cwd=folder,
            env=ENVIRONMENT,
            stdout=asyncio.subprocess.DEVNULL,
        )
        code = await process.wait()
    found = json.loads(report.read_text(encoding="utf-8"))
    cases, failed = (found["test_cases"][each] for each in ("generated", "with_failures"))
    figures = {"cases": cases, "failed": failed, "failures": found["failures"]}
    words = f"{failed} of {cases:,} failed"
    return [Score(WHAT, ASKED, words, not failed and not code and cases >= LEAST, figures)]
