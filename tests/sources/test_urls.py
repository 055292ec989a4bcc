"""Tables come from URLs as from files; what goes wrong on the way is told without secrets."""

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from lockgate.errors import TableError
from lockgate.sources.urls import displayed, fetch
from tests.s3 import KEY, SECRET, serving

TEXT = b"name,size\na,1\nb,2\n"


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and some troubles."""

    def do_GET(self) -> None:
        """Answer with a status that the path names, or with a part of what is promised."""
        if self.path.startswith("/status/"):
            self.send_error(int(self.path.partition("?")[0].rpartition("/")[2]))
        elif self.path.startswith("/cut"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(TEXT)
        elif self.path.startswith("/secret"):
            known = self.headers.get("Authorization") == "Basic bWU6aGlkZGVu"
            self.send_response(200 if known else 401)
            self.end_headers()
            self.wfile.write(TEXT)
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a folder of tables on this machine."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "orders.csv").write_bytes(TEXT)
    (folder / "export").write_bytes(TEXT)
    (folder / "lines").write_bytes(b'{"size": 1}\n')
    (folder / "page").write_bytes(b"<!DOCTYPE html><title>Sign in</title>")
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("orders.csv", "orders.csv"),
        ("orders.csv?token=hidden", "orders.csv"),
        ("export?format=csv", "export.csv"),
        ("lines", "lines.jsonl"),
    ],
)
def test_a_file_is_fetched_under_its_name(
    site: str, tmp_path: Path, address: str, name: str
) -> None:
    """The name is the address's last part, with an ending that fits what came."""
    path = fetch(f"{site}/{address}", tmp_path)
    assert path == tmp_path / name
    assert path.read_bytes() in (TEXT, b'{"size": 1}\n')


def test_user_and_password_are_sent_and_not_told(site: str, tmp_path: Path) -> None:
    """Credentials in a URL reach the server and no message."""
    url = site.replace("http://", "http://me:hidden@") + "/secret.csv"
    assert fetch(url, tmp_path).read_bytes() == TEXT
    assert displayed(f"{url}?key=hidden") == f"{site}/secret.csv"
    with pytest.raises(TableError, match="refuses") as caught:
        fetch(url.replace("hidden", "h1dden"), tmp_path)
    assert "h1dden" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nothing.csv?token=hidden", "there is no such file"),
        ("status/403?token=hidden", "the server refuses to give it"),
        ("status/500?token=hidden", "the server says 500"),
        ("cut.csv?token=hidden", "it cannot be fetched"),
        ("page?token=hidden", "this is a web page, not a table"),
    ],
)
def test_what_cannot_be_fetched_is_explained(
    site: str, tmp_path: Path, address: str, message: str
) -> None:
    """Nothing there, no permission, a broken server, half a file, a page: each has its words."""
    with pytest.raises(TableError, match=message) as caught:
        fetch(f"{site}/{address}", tmp_path)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:1/x.csv?token=hidden", "it cannot be fetched"),
        ("http://no-such-host.invalid/x.csv", "it cannot be fetched"),
        ("unheard-of://me:hidden@host/x.csv", "this URL cannot be used"),
        ("abfs://me@host/x.csv", "needs a package"),
    ],
)
def test_no_network_is_explained(tmp_path: Path, url: str, message: str) -> None:
    """A host that is not there, and a protocol that nobody speaks here, have their words."""
    with pytest.raises(TableError, match=message) as caught:
        fetch(url, tmp_path)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://joe:hid/den@127.0.0.1:1/x.csv",
        "http://joe:hid#den@127.0.0.1:1/x.csv",
        "http://joe:hid?den@127.0.0.1:1/x.csv",
        "http://joe:443/den@127.0.0.1:1/x.csv",
        "http://joe:443#den@127.0.0.1:1/x.csv",
        "http://joe:hid@den/443@127.0.0.1:1/x.csv",
        "http://joe:hid[den@127.0.0.1:1/x.csv",
        "http://[bad/x.csv",
        "https::http://joe:hid@127.0.0.1:1/x.csv",
        "zip://x.csv::http://joe:hid@127.0.0.1:1/x.zip",
    ],
)
def test_a_password_that_ends_the_host_is_not_told(tmp_path: Path, url: str) -> None:
    """Where a password may stand anywhere, nothing is repeated, and the right way is told."""
    with pytest.raises(TableError, match="no URL.*\n.*%2F %23 %3F") as caught:
        fetch(url, tmp_path)
    assert not any(part in str(caught.value) for part in ("joe:", "hid", "den", "443", "127"))


def test_an_at_sign_in_a_path_hides_it(site: str, tmp_path: Path) -> None:
    """On a host without a port it may belong to the path, or to a token: both are served."""
    assert displayed("https://host/table@2/x.csv") == "https://..."
    assert displayed("https://joe:hid%2Fden@host:443/x.csv") == "https://host:443/x.csv"
    assert fetch(f"{site}/orders.csv?mail=a%40b", tmp_path).read_bytes() == TEXT
    with pytest.raises(TableError, match=r"^http://\.\.\.: it cannot be fetched"):
        fetch("http://hid.invalid/den@1/x.csv", tmp_path)


def test_a_bucket_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An object of a real S3 server is fetched; a lacking one, and wrong keys, are explained."""
    with serving() as s3:
        client = s3.client()
        client.create_bucket(Bucket="tables")
        client.put_object(Bucket="tables", Key="shop/orders.csv", Body=TEXT)
        monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        assert fetch("s3://tables/shop/orders.csv", tmp_path).read_bytes() == TEXT
        with pytest.raises(TableError, match="there is no such file"):
            fetch("s3://tables/shop/nothing.csv", tmp_path)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        from s3fs import S3FileSystem

        S3FileSystem.clear_instance_cache()
        with pytest.raises(TableError, match="refuses"):
            fetch("s3://tables/shop/orders.csv", tmp_path)
        S3FileSystem.clear_instance_cache()
