"""Fixtures that several rooms' tests use."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.project import Project, make_project
from tests.samples import contract_document, params_document

# Boosting with more threads than free cores can stall for minutes; the stages pin this as well.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

# A shell that runs the tests in the background has them, and all that they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Every run tries the same examples, so that only a change of the code can break a test. A search
# for new ones: pytest tests/properties --hypothesis-profile=deep
settings.register_profile("same", derandomize=True, deadline=None, print_blob=True)
settings.register_profile(
    "deep",
    max_examples=3000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("same")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Lay out a small project of parcels, without data."""
    return make_project(tmp_path / "project", contract_document(), params_document())
