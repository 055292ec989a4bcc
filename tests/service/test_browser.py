"""A person fills in a form and sees the prediction, by mouse or keyboard, in light and dark."""

import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.service.test_server import served

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no browser to look with: install the Debian package chromium"
)


@pytest.fixture(scope="module")
def browser():
    """Start a browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser
        browser.close()


@contextmanager
def opened(browser, url, **look):
    """Open the page; whatever it says on the console or asks of anybody else is an error."""
    context = browser.new_context(**look)
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda problem: said.append(str(problem)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    yield page
    context.close()
    assert [each for each in said if "status of 4" not in each] == []
    assert asked
    assert [each for each in asked if not each.startswith(url)] == []


@pytest.fixture(scope="module")
def url(bundles):
    """Return the address of a service that predicts a number."""
    with served(bundles["regression"]) as (_, url):
        yield url


@pytest.fixture(scope="module")
def shots():
    """Return the folder of the pictures, which stay there to be looked at."""
    folder = ROOT / ".lockgate" / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def fill(page, name, value):
    """Write into the field of a column."""
    page.locator(f"[name={name}]").fill(value)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_a_prediction_is_shown_with_its_interval(browser, url, shots, scheme, width):
    """For the row that is filled in already, at any width, in the colours that the person likes."""
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    with opened(browser, url, **look) as page:
        page.get_by_role("button", name="Predict").click()
        page.locator(".interval").wait_for()
        shown = page.locator("#answer").inner_text()
        assert re.search(r"Rent\n\n?[\d,.]+", shown)
        assert "90% of such intervals hold the true value" in shown
        low, high = (
            float(each.replace(",", ""))
            for each in page.locator(".ends span:not([aria-hidden])").all_inner_texts()
        )
        value = float(page.locator(".value").inner_text().replace(",", ""))
        assert low <= value <= high
        page.get_by_text("Half within").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 31)"
        assert dark == (scheme == "dark")
        page.screenshot(path=shots / f"{scheme}-{width}.png", full_page=True)


def test_what_does_not_fit_is_told_beside_its_field(browser, url, shots):
    """In words, read with the field by a screen reader; mended, it is gone."""
    with opened(browser, url) as page:
        fill(page, "area", "5000")
        fill(page, "rooms", "2.5")
        page.get_by_role("button", name="Predict").click()
        area = page.locator("[name=area][aria-invalid=true]")
        area.wait_for()
        described = area.get_attribute("aria-describedby").split()[0]
        assert page.locator(f"#{described}").inner_text() == "must be at most 1000"
        assert "2 fields do not fit" in page.locator("#answer").inner_text()
        assert page.evaluate("document.activeElement.name") == "area"
        page.screenshot(path=shots / "errors.png", full_page=True)
        fill(page, "area", "80")
        fill(page, "rooms", "3")
        page.keyboard.press("Enter")
        page.locator(".interval").wait_for()
        assert page.locator("[aria-invalid]").count() == 0


def test_the_keyboard_is_enough(browser, url):
    """Tab goes through the form in the order that is seen, Enter asks, what is new is announced."""
    with opened(browser, url) as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.name") == "area"
        page.keyboard.press("Control+A")
        page.keyboard.type("999")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.name") == "rooms"
        page.keyboard.press("Enter")
        page.locator(".interval").wait_for()
        assert page.locator("#answer").get_attribute("aria-live") == "polite"
        assert "outside the training range" in page.get_by_label("Warnings").inner_text()


def test_each_field_has_a_name_that_is_read_out(browser, url):
    """And the needed ones are told from the others."""
    with opened(browser, url) as page:
        for field in page.locator("[data-sends]").all():
            label = page.locator(f"label[for={field.get_attribute('id')}]")
            assert label.inner_text()
        assert page.locator("[required]").count() == 2
        assert page.get_by_role("group", name="Needed").get_by_label("Rooms").count() == 1


def test_what_is_empty_is_left_out(browser, url):
    """Of the row that is sent, which is shown as a curl line to copy."""
    with opened(browser, url) as page:
        page.get_by_role("button", name="Clear").click()
        page.get_by_role("button", name="Predict").click()
        page.locator("[name=area][aria-invalid=true]").wait_for()
        assert page.locator(".error:not(:empty)").all_inner_texts() == ["is required"] * 2
        fill(page, "area", "80")
        fill(page, "rooms", "3")
        page.get_by_role("button", name="Predict").click()
        page.get_by_text("The same from a program").click()
        line = page.locator("#curl").inner_text()
        assert line.endswith("""-d '{"area":80,"rooms":3}'""")
        page.get_by_role("button", name="Example").click()
        assert page.locator("[name=area]").input_value()


def test_the_answer_comes_with_its_reasons(browser, url):
    """A bar for each feature, the longest first."""
    with opened(browser, url) as page:
        page.get_by_role("button", name="Predict").click()
        reasons = page.locator(".reasons li")
        reasons.first.wait_for()
        widths = [bar.bounding_box()["width"] for bar in page.locator(".reasons .fill").all()]
        assert len(widths) >= 3
        assert widths[0] == max(widths) > 0
        added = [each.inner_text() for each in page.locator(".reasons .added").all()]
        assert all(each[0] in "+\u2212" for each in added)
        assert "Any flat is expected at" in page.locator("details p.small").first.inner_text()


def test_a_class_is_shown_with_its_probabilities(browser, bundles, shots):
    """Every one, the likeliest first."""
    with served(bundles["multiclass"]) as (_, url), opened(browser, url) as page:
        page.get_by_role("button", name="Predict").click()
        page.locator(".shares").wait_for()
        shares = [float(each.rstrip("%")) for each in page.locator(".share").all_inner_texts()]
        assert len(shares) == 4
        assert shares == sorted(shares, reverse=True)
        likeliest = page.locator(".shares li").first.inner_text()
        assert likeliest.startswith(page.locator(".value").inner_text())
        assert "90% of such sets hold the true value: " in page.locator("#answer").inner_text()
        page.screenshot(path=shots / "classes.png", full_page=True)


def test_a_key_is_asked_for_and_not_kept(browser, bundles, keys_file):
    """Where the service needs one: a wrong one is told beside its field."""
    with (
        served(bundles["regression"], LOCKGATE_KEYS_FILE=str(keys_file)) as (_, url),
        opened(browser, url) as page,
    ):
        problems = {"": "is needed", "schlüssel": "is not a key", "shut": "a valid API key"}
        for key, problem in problems.items():
            page.get_by_label("Key with the scope predict").fill(key)
            page.get_by_role("button", name="Predict").click()
            page.locator("#key-error").get_by_text(problem).wait_for()
        page.get_by_label("Key with the scope predict").fill("open")
        page.get_by_role("button", name="Predict").click()
        page.locator(".interval").wait_for()
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
        assert page.evaluate("document.cookie") == ""
