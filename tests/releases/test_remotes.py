"""A remote that is full, read-only, gone or lying: no release, and nothing has changed."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from lockgate.artifact.released import in_production
from lockgate.errors import EnvironmentProblem, LockgateError, Rejected
from lockgate.releases.releasing import release
from tests.e2e.mishaps import in_namespace
from tests.project import Project
from tests.releases.conftest import untouched
from tests.s3 import KEY, SECRET, S3Server, serving


def settings(project: Project, text: str) -> None:
    """Set DVC up as `dvc remote modify --local` would."""
    project.write(".dvc/config.local", text)


def test_a_remote_that_cannot_be_reached(project: Project) -> None:
    """Without its remote nothing is released, and nothing has changed."""
    settings(
        project,
        "['remote \"local\"']\n    url = s3://nowhere/lockgate\n"
        "    endpointurl = http://127.0.0.1:9\n"
        "    access_key_id = none\n    secret_access_key = none\n",
    )
    with pytest.raises(EnvironmentProblem, match="does not answer"):
        release(project.root)
    assert untouched(project)


def cut_off(project: Project) -> Path:
    """Push, and cut off the largest object in the remote; return its path."""
    project.dvc("push")
    objects = (path for path in (project.root / ".remote").rglob("*") if path.is_file())
    largest = max(objects, key=lambda path: path.stat().st_size)
    largest.chmod(0o644)
    largest.write_bytes(largest.read_bytes()[:-9])
    return largest


def test_a_remote_that_lies(project: Project) -> None:
    """An object that was cut off in the remote is found by the proof, before anything changed."""
    cut_off(project).chmod(0o444)
    with pytest.raises(Rejected, match="remote"):
        release(project.root)
    assert untouched(project)


def test_a_remote_that_was_edited(project: Project) -> None:
    """DVC reads an object that is not write-protected, and the push replaces it."""
    damaged = cut_off(project)
    release(project.root)
    assert hashlib.md5(damaged.read_bytes()).hexdigest() == "".join(damaged.parts[-2:])


MOUNTED = """
mount -t tmpfs -o "$2" none "$1"
[ "$3" ] && mount -o remount,"$3" "$1"
lockgate release && exit 9
test $? -le 2
"""


@pytest.mark.parametrize(
    ("size", "then", "reason"),
    [("size=64k", "", "No space left on device"), ("size=9m", "ro", "Read-only file system")],
)
def test_a_remote_that_takes_nothing(
    project: Project, tmp_path: Path, size: str, then: str, reason: str
) -> None:
    """A remote that is full or may not be written to is named with the reason, without trace."""
    disk = tmp_path / "disk"
    settings(project, f"['remote \"local\"']\n    url = {disk}\n")
    command = in_namespace(disk, MOUNTED, str(disk), size, then)
    if command is None:
        pytest.skip("a full or read-only remote needs a mount: root, or unshare -rm")
    done = project.run(*command)
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert untouched(project)
    release(project.root)
    pointer = in_production(project.root)
    assert pointer is not None
    assert pointer.version == "v1.0.0"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    """Serve S3; each test has a bucket of its own."""
    with serving() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server, project: Project) -> str:
    """Make a bucket and point the project at it."""
    name = f"bucket-{uuid4()}"
    s3.client().create_bucket(Bucket=name)
    settings(project, in_bucket(s3, name))
    return name


def in_bucket(s3: S3Server, bucket: str, secret: str = SECRET) -> str:
    """Return the settings of a remote in a bucket."""
    return (
        f"[core]\n    remote = s3\n['remote \"s3\"']\n    url = s3://{bucket}/parcels\n"
        f"    endpointurl = {s3.endpoint}\n    access_key_id = {KEY}\n"
        f"    secret_access_key = {secret}\n"
    )


def bundle_key(project: Project) -> str:
    """Return the key in the bucket of the model's largest part, which the release shares."""
    parts = project.root / "models/model"
    largest = max(parts.iterdir(), key=lambda path: path.stat().st_size)
    stages = project.read("dvc.lock")["stages"]
    (oid,) = (out["md5"] for out in stages["train"]["outs"] if out["path"] == "models/model")
    listed = project.read(f".dvc/cache/files/md5/{oid[:2]}/{oid[2:]}")
    md5 = next(entry["md5"] for entry in listed if entry["relpath"] == largest.name)
    return f"parcels/files/md5/{md5[:2]}/{md5[2:]}"


@pytest.mark.usefixtures("bucket")
def test_a_release_on_s3(project: Project) -> None:
    """A bucket is as good as a folder: pushed, proved, released."""
    release(project.root)
    assert not untouched(project)
    assert "in sync" in project.dvc("status", "--cloud").stdout


@pytest.mark.parametrize("left", [0, 9, -1])
def test_an_object_cut_off_on_s3(project: Project, s3: S3Server, bucket: str, left: int) -> None:
    """An object of the very bundle that was cut off in the bucket is found and named."""
    project.run("lockgate", "push", "--quick")
    key = bundle_key(project)
    body = s3.client().get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.client().put_object(Bucket=bucket, Key=key, Body=body[:left])
    with pytest.raises(Rejected, match="models/"):
        release(project.root)
    assert untouched(project)


def test_an_object_changed_on_s3(project: Project, s3: S3Server, bucket: str) -> None:
    """One of the right size and with another byte is found by the proof."""
    project.run("lockgate", "push", "--quick")
    key = bundle_key(project)
    body = s3.client().get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.client().put_object(Bucket=bucket, Key=key, Body=body[:-1] + bytes([body[-1] ^ 1]))
    with pytest.raises(Rejected, match="a fresh clone does not get"):
        release(project.root)
    assert untouched(project)


def test_a_bucket_that_refuses(project: Project, s3: S3Server, bucket: str) -> None:
    """A wrong secret is told from a server that is not there."""
    settings(project, in_bucket(s3, bucket, secret="wrong"))
    with pytest.raises(EnvironmentProblem, match="refuses the request"):
        release(project.root)
    assert untouched(project)


def test_a_server_that_is_gone(project: Project, s3: S3Server, bucket: str) -> None:
    """After an outage the same release goes through."""
    assert bucket
    s3.stop("proxy")
    try:
        with pytest.raises(LockgateError, match="does not answer"):
            release(project.root)
        assert untouched(project)
    finally:
        s3.start("proxy")
        s3.wait()
    release(project.root)
    assert not untouched(project)
