"""Fixtures that several rooms' tests use."""

import os
from pathlib import Path

import pytest

from tests.project import Project, make_project
from tests.samples import contract_document, params_document

# Boosting with more threads than free cores can stall for minutes; the stages pin this as well.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Lay out a small project of parcels, without data."""
    return make_project(tmp_path / "project", contract_document(), params_document())
