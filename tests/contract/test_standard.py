"""The contract as other tools of the standard see it."""

import json

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from tests.project import CHECKOUT
from tests.samples import contract_document


@pytest.mark.parametrize("source", ["sample", "docs/contract.md"])
def test_what_lockgate_reads_is_valid_by_the_standard(source: str) -> None:
    """A contract written for lockgate is a valid document of the Open Data Contract Standard."""
    document = contract_document()
    if source.endswith(".md"):
        document["schema"][0]["properties"][3] = _column_in((CHECKOUT / source).read_text())
    schema = json.loads(OpenDataContractStandard.json_schema())
    jsonschema.validate(document, schema)


def _column_in(markdown: str) -> object:
    block = markdown.split("```yaml\n")[1].split("```", maxsplit=1)[0]
    return yaml.safe_load(block)[0]
