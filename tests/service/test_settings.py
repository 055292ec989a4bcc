"""What can be set, how it is refused, and that it is documented."""

from pathlib import Path

import pytest

from lockgate.errors import ParamsError
from lockgate.service.settings import PREFIX, Settings, load_settings

DOCS = Path(__file__).parents[2] / "docs" / "serving.md"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_is_documented(name):
    """By its variable, default and meaning, as the settings themselves have them."""
    field = Settings.model_fields[name]
    default = "" if field.default is None else f"`{field.default}`"
    line = f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |"
    assert line in DOCS.read_text(encoding="utf-8").splitlines()


def test_an_unknown_setting_is_refused_with_the_nearest(monkeypatch):
    """A typo would otherwise leave the default in force, silently."""
    monkeypatch.setenv("LOCKGATE_MAX_ROW", "5")
    with pytest.raises(ParamsError, match=r"LOCKGATE_MAX_ROW is no setting.*LOCKGATE_MAX_ROWS"):
        load_settings()


@pytest.mark.parametrize("name", ["LOCKGATE_DEBUG", "LOCKGATE_SQL"])
def test_a_variable_of_the_command_line_is_not_taken_for_a_typo(monkeypatch, name):
    """The database that tables are adopted from may be set where the service is started."""
    monkeypatch.setenv(name, "sqlite:///shop.db")
    assert load_settings() == Settings()


def test_a_value_that_does_not_fit_is_named_and_not_repeated(monkeypatch):
    """It may be a secret."""
    monkeypatch.setenv("PORT", "hush-hush")
    with pytest.raises(ParamsError, match="PORT: Input should be a valid integer") as refused:
        load_settings()
    assert "hush-hush" not in str(refused.value)


def test_the_short_names_work_too(monkeypatch):
    """HOST, PORT and WORKERS are what every platform sets."""
    for name, value in {"HOST": "::1", "PORT": "0", "WORKERS": "3"}.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert (settings.host, settings.port, settings.workers) == ("::1", 0, 3)
