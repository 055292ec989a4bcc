"""Keys are made, listed and revoked, and their secret is never kept."""

from typer.testing import CliRunner

from lockgate.cli.keys import app
from lockgate.service.keys import Keyring


def test_a_key_lives_until_it_is_revoked(tmp_path):
    """And the file has only its hash, for its owner alone."""
    path = tmp_path / "keys.json"

    def run(*words):
        return CliRunner().invoke(app, [*words, "--file", str(path)])

    made = run("new", "shop", "predict", "feedback")
    secret = made.stdout.strip()
    assert Keyring(path).find(secret).name == "shop"
    assert secret not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert run("new", "shop", "predict").exit_code == 1
    assert run("new", "desk", "everything").exit_code == 1
    assert run("list").stdout == "shop: feedback, predict\n"
    assert run("revoke", "nobody").exit_code == 1
    assert run("revoke", "shop").exit_code == 0
    assert Keyring(path).find(secret) is None
