"""The room as a whole."""

import subprocess
import sys

import pytest

from lockgate import tables


def test_every_name_that_is_promised_is_there():
    """The public names can be imported, and a wrong one is an error."""
    assert all(getattr(tables, name) is not None for name in tables.__all__)
    with pytest.raises(AttributeError, match="no attribute 'read_xml'"):
        _ = tables.read_xml


def test_json_does_not_load_pyarrow():
    """The service reads JSON without paying for the libraries that read tables."""
    code = "import sys; from lockgate.tables import read_json; print('pyarrow' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "False\n"
