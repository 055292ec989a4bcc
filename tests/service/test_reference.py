"""/docs says what openapi.json says, for a person, and its examples are requests that work."""

import html
import json
import re
import shlex
from itertools import pairwise

import httpx
import pytest

from lockgate.service import create_app
from lockgate.service.access import OPEN
from lockgate.service.problems import speaks_v2
from lockgate.service.settings import Settings
from tests.service.client import call
from tests.service.test_server import served


def lines(page):
    """Return the curl lines of the page, as words."""
    found = re.findall(r"<pre[^>]*><code>(curl .*?)</code></pre>", page, re.DOTALL)
    return [shlex.split(html.unescape(each).replace("\\\n", " ")) for each in found]


def ask(words):
    """Send what a curl line would."""
    options = list(pairwise(words))
    headers = dict(word.split(": ") for option, word in options if option == "-H")
    data = [word for option, word in options if option in ("-d", "--data-binary")]
    (url,) = (word for word in words if word.startswith("http"))
    return httpx.request("POST" if data else "GET", url, content="".join(data), headers=headers)


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_the_examples_work(bundles, task):
    """Every route has a curl line, with the address that the page was asked at."""
    with served(bundles[task]) as (_, url):
        found = lines(httpx.get(f"{url}/docs").text)
        paths = httpx.get(f"{url}/openapi.json").json()["paths"]
        assert len(found) == sum(map(len, paths.values()))
        name = ask(found[0]).json()["prediction_id"]
        for words in found:
            reply = ask([word.replace("$ID", name) for word in words])
            # Nothing was precomputed here.
            expected = 404 if words[-1].endswith("/KEY") else 200
            assert reply.status_code == expected, (words, reply.text)


def test_each_field_is_told(app):
    """With its type, unit and bounds, as deep as it lies; what comes back too."""
    page = call(app, "GET", "/docs").text
    rows = [
        [html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall("<td.*?</td>", row)]
        for row in re.findall("<tr><td>.*?</tr>", page)
    ]
    assert ["area", "number", "yes", "at least 0, at most 1,000", "m2"] in rows
    assert ["kind", "string or null", "", "flat, house, loft", ""] in rows
    assert ["flats[].built_on", "date or null", "", "not before 1900-01-01", ""] in rows
    assert ["confidence_interval.lower", "number", "", ""] in rows
    assert any(row[0] == "predictions[].errors[].problem" and "bound" in row[3] for row in rows)
    assert any(row[:2] == ["bad_rows", "string"] and "refuse" in row[3] for row in rows)


def test_each_route_tells_its_statuses(app):
    """All of them, as problems, in the page as in the document."""
    document = call(app, "GET", "/openapi.json").json()
    page = call(app, "GET", "/docs").text
    for path, methods in document["paths"].items():
        assert f"<code>{path}</code>" in page
        for operation in methods.values():
            assert {"413", "415", "429", "431", "500", "503"} <= operation["responses"].keys()
            for status, response in operation["responses"].items():
                if not status.startswith("2"):
                    form = "json" if speaks_v2(path) else "problem+json"
                    assert list(response["content"]) == [f"application/{form}"]
    assert {"400", "422"} <= document["paths"]["/predict"]["post"]["responses"].keys()
    assert {"404", "409"} <= document["paths"]["/feedback"]["post"]["responses"].keys()


def test_keys_are_told_of_where_they_are_needed(bundles, keys_file):
    """In the document, and in each curl line; what needs none says so."""
    settings = Settings(model=bundles["regression"], keys_file=keys_file, host="0.0.0.0")
    app = create_app(settings)
    document = call(app, "GET", "/openapi.json").json()
    predict = document["paths"]["/predict"]["post"]
    assert predict["security"] == [{"bearer": []}, {"key": []}]
    assert {"401", "403"} <= predict["responses"].keys()
    health = document["paths"]["/health"]["get"]
    assert "security" not in health
    assert "401" not in health["responses"]
    assert "place" not in json.dumps(
        predict["requestBody"]["content"]["application/json"]["example"]
    )
    for words in lines(call(app, "GET", "/docs").text):
        keyed = "Authorization: Bearer $KEY" in words
        (url,) = (word for word in words if word.startswith("http"))
        assert keyed == (httpx.URL(url).path not in OPEN)


def test_a_strange_host_is_no_markup(app):
    """The address that a client claims stands in the page as text."""
    page = call(app, "GET", "/docs", headers={"host": '"><b>x'}).text
    assert "<b>x" not in page
