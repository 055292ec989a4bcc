"""What a worker loads, and what it takes."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.artifact.cases import ROW
from tests.service.processes import eventually, resident, served, workers

ROOT = Path(__file__).parents[2]
TRAINING = {"pandas", "sklearn", "scipy", "great_expectations", "pyarrow", "joblib", "dvc"}
SPARED = {"rich", "jinja2", "alembic", "psycopg", "redis", "boto3", "pydantic.v1"}
MOST = 110
LOADED = """
import json, sys
from pathlib import Path
from lockgate.service.server import worker
from lockgate.service.settings import Settings
app = worker(Settings(model=Path(sys.argv[1]), journal=sys.argv[2]), None)
from tests.service.client import call, post
app.state.service.journal.store.prepare()
assert post(app, sys.argv[3]).status_code == 200
for path in ("/ready", "/model/info", "/metrics", "/stats", "/openapi.json"):
    assert call(app, "GET", path).status_code == 200
print(json.dumps([name for name, module in sys.modules.items() if module]))
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc, on Linux")


def test_a_worker_loads_nothing_that_it_does_not_use(bundles, tmp_path):
    """Nothing of training, and no optional part of a library; not for a new journal either."""
    done = subprocess.run(
        [
            *(sys.executable, "-c", LOADED),
            *(bundles["regression"], tmp_path / "journal.db", json.dumps(ROW)),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    loaded = set(json.loads(done.stdout))
    assert "lockgate.predict" in loaded
    assert loaded & (TRAINING | SPARED) == set()


@linux
@pytest.mark.parametrize("count", [1, 2])
def test_a_worker_stays_small(bundles, tmp_path, count):
    """With the journal on, after 100 requests, as `make serve` runs it."""
    settings = {"WORKERS": str(count), "LOCKGATE_JOURNAL": str(tmp_path / "journal.db")}
    path = tmp_path / "log"
    with path.open("w") as log, served(bundles["regression"], log, **settings) as (server, url):
        eventually(lambda: path.read_text().count("Application startup complete") == count)
        with httpx.Client(base_url=url, timeout=20) as client:
            for _ in range(100):
                assert client.post("/predict", json=ROW).status_code == 200
        for pid in workers(server) if count > 1 else [server.pid]:
            assert 30 < resident(pid) < MOST
