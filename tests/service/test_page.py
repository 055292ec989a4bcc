"""The pages of the service: what they show is from the schema, and they need nothing else."""

import re
from pathlib import Path

import pytest

import lockgate
from lockgate.service import create_app
from lockgate.service.settings import Settings
from tests.service.client import call

ASSETS = ("/page.js", "/page.css")


def test_the_form_is_that_of_the_schema(app):
    """Every column that the model reads, with unit, range, values, and what is typical."""
    page = call(app, "GET", "/").text
    for part in (
        r'Area <span class="soft">m2</span>',
        r'min="0" max="1000"\s+name="area" data-sends="number"',
        r"above 0, at most 20",
        r'<option value="flat"( selected)?>flat</option>',
        r'<option value="p1"></option>',
        r'type="date" value="19\d\d-\d\d-\d\d"',
        r'<option value="true"( selected)?>yes</option>',
        r"empty: 2025-10-27, the last day of training",
        r"<code>[0-9a-f]{64}</code>",
    ):
        assert re.search(part, page), part
    for name in ("id", "owner", "note", "rent"):
        assert f'name="{name}"' not in page
    needed = page.index("<legend>Needed")
    assert needed < page.index('name="rooms"') < page.index("<legend>Optional")


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_loads_nothing_from_elsewhere(app, path):
    """Its script and style are files of the service, and its policy allows no others."""
    reply = call(app, "GET", path)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"(src|href)=\"?(https?:)?//", reply.text)
    assert not re.search(r"<style|style=|<script(?![^>]* src=\"page\.js)", reply.text)


def test_assets_may_be_kept(app):
    """Their address changes with their content."""
    page = call(app, "GET", "/").text
    for path, kind in zip(ASSETS, ("text/javascript", "text/css"), strict=True):
        assert re.search(rf'="{path[1:]}\?[0-9a-f]{{12}}"', page)
        reply = call(app, "GET", path)
        assert reply.headers["content-type"] == f"{kind}; charset=utf-8"
        assert "immutable" in reply.headers["cache-control"]


def test_who_has_no_key_sees_no_text_of_training(bundles, keys_file):
    """The page is open to everybody, and shows what the contract allows."""
    settings = Settings(model=bundles["regression"], keys_file=keys_file, host="0.0.0.0")
    app = create_app(settings)
    for path in ("/", "/docs", "/openapi.json", *ASSETS):
        reply = call(app, "GET", path)
        assert reply.status_code == 200
        assert '"p1"' not in reply.text
    assert call(app, "GET", "/stats").status_code == 401


def test_assets_are_beside_the_templates():
    """So that a wheel has them: they are files of the package."""
    folder = Path(lockgate.__file__).parent / "templates"
    assert {"page.js", "page.css", "page.html"} <= {each.name for each in folder.iterdir()}
