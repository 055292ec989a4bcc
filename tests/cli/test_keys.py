"""Keys are made, listed and revoked, and their secret is never kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from lockgate.cli.keys import app, new
from lockgate.service.keys import Keyring, read_keys


def test_a_key_lives_until_it_is_revoked(tmp_path):
    """And the file has only its hash, for its owner alone."""
    path = tmp_path / "keys.json"

    def run(*words):
        return CliRunner().invoke(app, [*words, "--file", str(path)])

    made = run("new", "shop", "predict", "feedback")
    secret = made.stdout.strip()
    assert "only time that it is shown" in made.stderr
    assert Keyring(path).find(secret).name == "shop"
    assert secret not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert run("new", "shop", "predict").exit_code == 1
    assert run("new", "desk", "everything").exit_code == 1
    assert run("list").stdout == "shop: feedback, predict\n"
    assert run("revoke", "nobody").exit_code == 1
    assert run("revoke", "shop").exit_code == 0
    assert Keyring(path).find(secret) is None


@pytest.mark.parametrize(("span", "hours"), [("12h", 12), ("90d", 90 * 24), ("52w", 52 * 7 * 24)])
def test_a_key_may_expire(tmp_path, span, hours):
    """After hours, days or weeks, and the list says when."""
    path = tmp_path / "keys.json"
    words = ["shop", "predict", "--expires-in", span, "--file", str(path)]
    assert CliRunner().invoke(app, ["new", *words]).exit_code == 0
    (key,) = read_keys(path)
    left = key.expires - datetime.now(UTC)
    assert timedelta(0) <= timedelta(hours=hours) - left < timedelta(minutes=5)
    listed = CliRunner().invoke(app, ["list", "--file", str(path)]).stdout
    assert listed == f"shop: predict until {key.expires:%Y-%m-%d %H:%M} UTC\n"


@pytest.mark.parametrize("span", ["", "90", "0d", "-1d", "1.5d", "90 d", "d", "999999d"])
def test_a_span_that_is_none_is_refused(tmp_path, span):
    """And no key is made."""
    path = tmp_path / "keys.json"
    words = ["new", "shop", "predict", "--expires-in", span, "--file", str(path)]
    done = CliRunner().invoke(app, words)
    assert "such as 12h" in str(done.exception)
    assert not path.exists()


def test_a_folder_that_is_none_is_refused(tmp_path):
    """In a sentence."""
    path = tmp_path / "none" / "keys.json"
    done = CliRunner().invoke(app, ["new", "shop", "predict", "--file", str(path)])
    assert "No such file or directory" in str(done.exception)


def test_keys_made_at_the_same_moment_are_all_kept(tmp_path):
    """None is lost to another, however they meet."""
    path = tmp_path / "keys.json"
    names = [f"shop-{number}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: new(name, ["predict"], path), names))
    assert sorted(key.name for key in read_keys(path)) == sorted(names)
