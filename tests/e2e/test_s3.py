"""Push, pull and mend against a real S3 server: what is said to be stored can be had back."""

import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lockgate.cli.doctor import examine
from lockgate.errors import EnvironmentProblem, LockgateError, Rejected
from lockgate.storage import cache, remote, transfer
from tests.e2e.parcels import deliver
from tests.project import Project, make_project
from tests.s3 import KEY, SECRET, S3Server, serving
from tests.samples import contract_document, params_document

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    """Serve S3; each test has a bucket of its own."""
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Lay out a project with three deliveries and no stages; tests work on copies."""
    root = tmp_path_factory.mktemp("delivered") / "project"
    project = make_project(root, contract_document(), params_document())
    project.write("dvc.yaml", {"stages": {}})
    deliver(project, 1, 2, 3)
    return project


@pytest.fixture
def bucket(s3: S3Server) -> str:
    """Make a bucket of this test's own."""
    name = f"bucket-{uuid4()}"
    s3.client().create_bucket(Bucket=name)
    return name


@pytest.fixture
def project(delivered: Project, s3: S3Server, bucket: str, tmp_path: Path) -> Project:
    """Copy the delivered project, with the bucket as its remote."""
    shutil.copytree(delivered.root, tmp_path / "project", symlinks=True)
    copied = Project(tmp_path / "project")
    connect(copied, s3.endpoint, bucket)
    return copied


def connect(
    project: Project, endpoint: str, bucket: str, secret: str = SECRET, extra: str = ""
) -> None:
    """Point the project at a bucket, as `dvc remote modify --local` would."""
    project.write(
        ".dvc/config.local",
        f"""[core]
    remote = s3
['remote "s3"']
    url = s3://{bucket}/parcels
    endpointurl = {endpoint}
    access_key_id = {KEY}
    secret_access_key = {secret}
    {extra}
""",
    )


def fresh_clone(project: Project, root: Path) -> Project:
    """Clone as a colleague would, with credentials of their own."""
    project.git("clone", "--quiet", str(project.root), str(root))
    shutil.copy(project.root / ".dvc/config.local", root / ".dvc/config.local")
    return Project(root)


def raw_bytes(project: Project) -> dict[str, bytes]:
    """Read the deliveries."""
    return {path.name: path.read_bytes() for path in (project.root / "data/raw").iterdir()}


def key_of(project: Project, name: str) -> str:
    """Return the key in the bucket of one delivery, or of data/raw's own list of files."""
    whole = project.read("data/raw.dvc")["outs"][0]["md5"]
    if name == "data/raw":
        return f"parcels/files/md5/{whole[:2]}/{whole[2:]}"
    listed = project.read(f".dvc/cache/files/md5/{whole[:2]}/{whole[2:]}")
    oid = next(entry["md5"] for entry in listed if entry["relpath"] == name)
    return f"parcels/files/md5/{oid[:2]}/{oid[2:]}"


def lose(project: Project, name: str) -> None:
    """Delete an object from the cache of the project."""
    (project.root / ".dvc/cache" / key_of(project, name).removeprefix("parcels/")).unlink()


def keys(s3: S3Server, bucket: str) -> set[str]:
    """List the bucket."""
    return {item["Key"] for item in s3.client().list_objects_v2(Bucket=bucket).get("Contents", [])}


def damage(
    s3: S3Server, bucket: str, key: str, how: Callable[[bytes], bytes] = lambda body: body[:-9]
) -> None:
    """Replace an object by what is left of it."""
    client = s3.client()
    body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    client.put_object(Bucket=bucket, Key=key, Body=how(body))


def test_what_was_pushed_can_be_pulled(project: Project, tmp_path: Path, capsys: Capture) -> None:
    """After a push a fresh clone gets every byte, and DVC finds cache and remote in sync."""
    transfer.push(project.root)
    assert "Proved: a fresh clone gets every object, byte for byte" in capsys.readouterr().out
    clone = fresh_clone(project, tmp_path / "clone")
    transfer.pull(clone.root)
    assert "Pulled 4 of 4 objects" in capsys.readouterr().out
    assert raw_bytes(clone) == raw_bytes(project)
    assert "in sync" in clone.dvc("status", "-c").stdout
    assert clone.git("status", "--porcelain") == ""


def test_a_proof_leaves_nothing_behind(project: Project) -> None:
    """The clone that proves a push is thrown away, and the checkout is as it was."""
    transfer.push(project.root)
    assert not list((project.root / ".dvc/tmp").glob("*clone*"))
    assert project.git("status", "--porcelain") == ""


def test_outputs_of_stages_are_stored_as_well(project: Project, tmp_path: Path) -> None:
    """What dvc.lock names is pushed, proved and pulled, files as well as folders."""
    write = "mkdir -p made && echo 1 > made/one.txt && echo 2 > two.txt && echo 3 > kept.json"
    outputs = ["made", "two.txt", {"kept.json": {"cache": False}}]
    project.write("dvc.yaml", {"stages": {"make": {"cmd": write, "outs": outputs}}})
    project.dvc("repro")
    project.commit()
    transfer.push(project.root)
    clone = fresh_clone(project, tmp_path / "clone")
    transfer.pull(clone.root)
    assert (clone.root / "made/one.txt").read_text() == "1\n"
    assert (clone.root / "two.txt").read_text() == "2\n"


def test_a_second_push_has_nothing_to_do(project: Project, capsys: Capture) -> None:
    """Pushing again transfers nothing and proves the same."""
    transfer.push(project.root)
    capsys.readouterr()
    transfer.push(project.root, quick=True)
    said = capsys.readouterr().out
    assert "Pushed 0 of 4 objects" in said
    assert "fresh clone" not in said


def test_uncommitted_files_are_remarked_on(project: Project, capsys: Capture) -> None:
    """A push of what is not committed says that no clone asks for it yet."""
    deliver_uncommitted(project)
    transfer.push(project.root)
    assert "Not committed, so that no clone asks for it yet: data/raw.dvc" in (
        capsys.readouterr().out
    )


def deliver_uncommitted(project: Project) -> None:
    """Add a delivery and leave the commit for later."""
    project.write("data/raw/more.csv", "parcel_id\nlate\n")
    project.dvc("add", "--quiet", "data/raw")


@pytest.mark.parametrize("command", ["push", "pull"])
def test_wrong_credentials_are_refused(project: Project, s3: S3Server, command: str) -> None:
    """With a wrong secret both commands fail, and say where and with which credentials."""
    connect(project, s3.endpoint, "bucket", secret="wrong")
    done = project.run("lockgate", command, check=False)
    assert done.returncode == 2
    assert "refuses the request" in done.stderr
    assert "credentials: .dvc/config.local" in done.stderr
    assert s3.endpoint in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [transfer.push, transfer.pull, transfer.mend])
def test_a_missing_bucket_is_named(
    project: Project, s3: S3Server, command: Callable[[Path], None]
) -> None:
    """No command claims success over a missing bucket, though a warm cache would satisfy DVC."""
    connect(project, s3.endpoint, "no-such-bucket")
    before = raw_bytes(project)
    with pytest.raises(EnvironmentProblem, match="no such bucket") as caught:
        command(project.root)
    assert "s3://no-such-bucket/parcels" in caught.value.where
    assert "create the bucket" in caught.value.hint
    assert raw_bytes(project) == before


@pytest.mark.parametrize("command", [transfer.push, transfer.pull, transfer.mend])
def test_an_unreachable_endpoint_is_named(
    project: Project, command: Callable[[Path], None]
) -> None:
    """An address where nothing listens is a message with the address, not a traceback."""
    connect(project, "http://127.0.0.1:9", "bucket")
    with pytest.raises(EnvironmentProblem, match="does not answer") as caught:
        command(project.root)
    assert "http://127.0.0.1:9" in caught.value.where
    assert "network" in caught.value.hint


@pytest.fixture
def silent() -> Iterator[str]:
    """Listen, and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_silent_endpoint_is_given_up(
    project: Project, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that takes the connection and says nothing is given up in bounded time."""
    monkeypatch.setattr(remote, "PATIENCE_SECONDS", 1.0)
    connect(project, silent, "bucket")
    with pytest.raises(EnvironmentProblem, match="no answer within 1 seconds"):
        transfer.push(project.root)


def test_a_push_goes_on_after_the_server_died(
    project: Project,
    s3: S3Server,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server killed during a push is a clear failure; the next push completes it, and proves."""
    for number in range(30):
        project.write(f"data/raw/more-{number}.csv", f"parcel_id\nx{number}\n")
    project.dvc("add", "--quiet", "data/raw")
    project.commit()
    connect(project, s3.endpoint, bucket, extra="jobs = 1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # by itself it asks for 8 seconds for each object
    killer = threading.Thread(target=_kill_at_first_object, args=(s3, bucket))
    killer.start()
    try:
        with pytest.raises(EnvironmentProblem, match="nothing was lost"):
            transfer.push(project.root)
    finally:
        killer.join()
        s3.start()
        s3.wait()
    stored = keys(s3, bucket)
    assert 0 < len(stored) < 34
    assert key_of(project, "data/raw") not in stored
    transfer.push(project.root)
    assert len(keys(s3, bucket)) == 34
    clone = fresh_clone(project, tmp_path / "clone")
    transfer.pull(clone.root)
    assert raw_bytes(clone) == raw_bytes(project)


def _kill_at_first_object(s3: S3Server, bucket: str) -> None:
    deadline = time.monotonic() + 60
    while not keys(s3, bucket) and time.monotonic() < deadline:
        time.sleep(0.02)
    s3.stop("proxy", signal.SIGKILL)


def _flip(body: bytes) -> bytes:
    return body[:50] + bytes([body[50] ^ 1]) + body[51:]


@pytest.fixture(
    params=[
        ("parcels-02.csv", lambda body: body[:-9]),
        ("parcels-02.csv", _flip),
        ("parcels-02.csv", lambda _: b""),
        ("data/raw", lambda body: body[:-9]),
        ("data/raw", _flip),
        ("data/raw", lambda body: body.replace(b"parcels-03", b"parcels-02")),
    ],
    ids=["truncated", "one bit", "emptied", "list truncated", "list, one bit", "list renamed"],
)
def damaged(project: Project, s3: S3Server, bucket: str, request: pytest.FixtureRequest) -> str:
    """Push, and damage an object in the remote; return what it belongs to."""
    name, how = request.param
    transfer.push(project.root, quick=True)
    damage(s3, bucket, key_of(project, name), how)
    return str(name)


def test_a_damaged_object_is_refused_and_mended(
    project: Project, damaged: str, tmp_path: Path, capsys: Capture
) -> None:
    """A truncated or altered object never reaches a workspace, and a good cache replaces it."""
    name = damaged
    clone = fresh_clone(project, tmp_path / "clone")
    with pytest.raises(LockgateError) as caught:
        transfer.pull(clone.root)
    assert name in str(caught.value)
    assert not (clone.root / "data/raw/parcels-02.csv").exists()
    assert clone.git("status", "--porcelain") == ""
    with pytest.raises(Rejected, match=name):
        transfer.push(project.root)
    transfer.mend(project.root)
    assert name in capsys.readouterr().out
    transfer.pull(clone.root)
    assert raw_bytes(clone) == raw_bytes(project)


def test_a_damaged_object_without_a_good_copy_is_left_alone(
    project: Project, s3: S3Server, bucket: str
) -> None:
    """Where the cache has no good copy, nothing in the remote is touched, and that is said."""
    transfer.push(project.root, quick=True)
    key = key_of(project, "parcels-02.csv")
    damage(s3, bucket, key)
    left = s3.client().get_object(Bucket=bucket, Key=key)["Body"].read()
    cached = project.root / ".dvc/cache" / key.removeprefix("parcels/")
    cached.chmod(0o644)
    cached.write_bytes(left + b"x")
    with pytest.raises(Rejected, match="parcels-02.csv") as caught:
        transfer.mend(project.root)
    assert "in a checkout that has them" in caught.value.hint
    assert s3.client().get_object(Bucket=bucket, Key=key)["Body"].read() == left
    assert cached.read_bytes() == left + b"x"


def test_a_damaged_cache_is_neither_pushed_nor_handed_out(
    project: Project, s3: S3Server, bucket: str, capsys: Capture
) -> None:
    """A bit that flipped in the cache goes nowhere, and comes back good from the remote."""
    before = raw_bytes(project)
    cached = project.root / ".dvc/cache" / key_of(project, "parcels-02.csv").partition("/")[2]
    damage_cached(cached)
    with pytest.raises(Rejected, match="other bytes than it should of data/raw/parcels-02.csv"):
        transfer.push(project.root)
    assert keys(s3, bucket) == set()
    cache.mend(project.root)
    transfer.push(project.root)
    damage_cached(cached)
    (project.root / "data/raw/parcels-02.csv").unlink()
    with pytest.raises(Rejected, match="lockgate doctor --mend"):
        transfer.pull(project.root)
    shutil.copy(cached, project.root / "data/raw/parcels-02.csv")
    cache.mend(project.root)
    assert raw_bytes(project) == before
    assert "replaced in the cache: data/raw/parcels-02.csv" in capsys.readouterr().out
    transfer.pull(project.root)


def damage_cached(path: Path) -> None:
    """Flip a bit as a failing disk would, where DVC does not look again."""
    path.chmod(0o644)
    path.write_bytes(_flip(path.read_bytes()))
    path.chmod(0o444)


def test_the_proof_alone_finds_a_damaged_push(project: Project) -> None:
    """What went into the remote damaged, past DVC, is refused by a fresh clone, by name."""
    damage_cached(project.root / ".dvc/cache" / key_of(project, "parcels-02.csv").partition("/")[2])
    project.dvc("push")
    cache.mend(project.root)
    with pytest.raises(Rejected, match="a fresh clone does not get data/raw/parcels-02.csv"):
        transfer.push(project.root)
    transfer.mend(project.root)
    transfer.push(project.root)


def test_an_object_gone_from_the_remote_is_noticed(
    project: Project, s3: S3Server, bucket: str
) -> None:
    """DVC remembers having pushed a folder; lockgate asks, and mends what is gone since."""
    transfer.push(project.root, quick=True)
    key = key_of(project, "parcels-03.csv")
    s3.client().delete_object(Bucket=bucket, Key=key)
    with pytest.raises(Rejected, match=r"parcels-03\.csv \(missing\)"):
        transfer.push(project.root)
    transfer.mend(project.root)
    transfer.push(project.root)
    assert key in keys(s3, bucket)


def test_an_object_lost_before_the_push_is_named(
    project: Project, s3: S3Server, bucket: str
) -> None:
    """A lost cache object stops the push, where DVC warns and succeeds; `dvc commit` finds it."""
    lose(project, "parcels-02.csv")
    done = project.run("lockgate", "push", check=False)
    assert done.returncode == 1
    assert "data/raw/parcels-02.csv" in done.stderr
    assert "dvc commit" in done.stderr
    assert keys(s3, bucket) == set()
    project.dvc("commit", "data/raw.dvc")
    transfer.push(project.root)


def test_an_object_lost_after_the_push_comes_back(project: Project) -> None:
    """What the remote has can be lost from cache and workspace: a pull brings it back."""
    before = raw_bytes(project)
    transfer.push(project.root, quick=True)
    lose(project, "parcels-02.csv")
    (project.root / "data/raw/parcels-02.csv").unlink()
    transfer.pull(project.root)
    assert raw_bytes(project) == before


def test_a_warm_cache_hides_no_hole_in_the_remote(
    project: Project, s3: S3Server, bucket: str, capsys: Capture
) -> None:
    """A pull that the cache alone could serve says what the remote lacks."""
    transfer.push(project.root, quick=True)
    s3.client().delete_object(Bucket=bucket, Key=key_of(project, "parcels-03.csv"))
    transfer.pull(project.root)
    said = capsys.readouterr().out
    assert "Pulled 0 of 4 objects" in said
    assert "The remote is not whole: data/raw/parcels-03.csv (missing)" in said


def test_a_pull_overwrites_no_work(project: Project) -> None:
    """A delivery that was edited and never added is not lost in a pull."""
    transfer.push(project.root, quick=True)
    edited = project.write("data/raw/parcels-01.csv", "parcel_id\nmine\n")
    with pytest.raises(LockgateError, match="parcels-01.csv"):
        transfer.pull(project.root)
    assert edited.read_text(encoding="utf-8") == "parcel_id\nmine\n"


def test_a_project_without_data_is_told_to_run(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    """Before the first run there is nothing to push, and the next step is named."""
    project = make_project(tmp_path / "empty", contract_document(), params_document())
    connect(project, s3.endpoint, bucket)
    with pytest.raises(EnvironmentProblem, match="make run"):
        transfer.push(project.root)


def test_a_proof_needs_room(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room on the disk the proof is not begun, and a cheaper check is named."""
    usage: Any = shutil.disk_usage(project.root)._replace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(EnvironmentProblem, match="--quick"):
        transfer.push(project.root)


def test_a_folder_as_remote_works_alike(
    delivered: Project, tmp_path: Path, capsys: Capture
) -> None:
    """The default remote, a folder, is pushed to, checked and mended in the same way."""
    shutil.copytree(delivered.root, tmp_path / "project", symlinks=True)
    project = Project(tmp_path / "project")
    transfer.push(project.root)
    stored = project.root / ".remote" / key_of(project, "parcels-01.csv").removeprefix("parcels/")
    stored.chmod(0o644)
    stored.write_bytes(b"nothing")
    with pytest.raises(Rejected, match=r"parcels-01\.csv \(damaged\)"):
        transfer.push(project.root)
    transfer.mend(project.root)
    assert "replaced in the remote: data/raw/parcels-01.csv" in capsys.readouterr().out
    transfer.push(project.root)


def doctor_says(project: Project, capsys: Capture) -> str:
    """Ask the doctor about the remote."""
    capsys.readouterr()
    examine(project.root, ask_remote=True)
    return capsys.readouterr().out


def test_the_doctor_looks_at_every_object(
    project: Project, s3: S3Server, bucket: str, capsys: Capture
) -> None:
    """The doctor tells what waits for a push from what is damaged and from what is lost."""
    assert "is empty" in doctor_says(project, capsys)
    transfer.push(project.root, quick=True)
    assert "has all 4 objects" in doctor_says(project, capsys)
    deliver_uncommitted(project)
    damage(s3, bucket, key_of(project, "parcels-02.csv"))
    said = doctor_says(project, capsys)
    assert "not in the remote yet: data/raw/more.csv" in said
    assert "damaged in the remote: data/raw/parcels-02.csv" in said
    assert "lockgate doctor --mend" in said
    lose(project, "more.csv")
    assert "in neither cache nor remote: data/raw/more.csv" in doctor_says(project, capsys)


def test_the_doctor_mends(project: Project, s3: S3Server, bucket: str) -> None:
    """`lockgate doctor --mend` finds the truncated object, replaces it, and then finds nothing."""
    transfer.push(project.root, quick=True)
    damage(s3, bucket, key_of(project, "parcels-02.csv"))
    assert "1 mended" in project.run("lockgate", "doctor", "--mend").stdout
    assert "Every object in the remote is good" in (
        project.run("lockgate", "doctor", "--mend").stdout
    )
