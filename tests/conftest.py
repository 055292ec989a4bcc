"""Fixtures that several rooms' tests use."""

from pathlib import Path

import pytest

from tests.project import Project, make_project
from tests.samples import contract_document, params_document


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Lay out a small project of parcels, without data."""
    return make_project(tmp_path / "project", contract_document(), params_document())
