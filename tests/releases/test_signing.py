"""Signed releases: what was not signed with the right key is never served."""

import shutil
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from lockgate.artifact.signing import check_signature, sign
from lockgate.errors import BundleError, EnvironmentProblem
from lockgate.releases.releasing import release
from lockgate.releases.rollback import rollback
from tests.project import Project
from tests.releases.conftest import retrain, untouched
from tests.releases.test_serving import version
from tests.service.processes import eventually, served

V1 = Path("models/releases/v1.0.0")


def write_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a new key, its private and its public half."""
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    key = Ed25519PrivateKey.generate()
    private.write_bytes(as_pem(key, NoEncryption()))
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


def as_pem(key: Ed25519PrivateKey, how: KeySerializationEncryption) -> bytes:
    """Return the text of a private key."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Make the key of this team."""
    return write_pair(tmp_path_factory.mktemp("keys"), "release")


@pytest.fixture(scope="module")
def signed_once(
    built: Project, keys: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """Release v1.0.0, signed; tests work on copies."""
    root = tmp_path_factory.mktemp("signed") / "project"
    shutil.copytree(built.root, root, symlinks=True)
    release(root, keys[0])
    return Project(root)


@pytest.fixture
def signed(signed_once: Project, tmp_path: Path) -> Project:
    """Copy the project with the signed release."""
    shutil.copytree(signed_once.root, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def test_a_signed_release_is_served(signed: Project, keys: tuple[Path, Path]) -> None:
    """The signature is part of the release's commit, and the service accepts it."""
    assert signed.git("ls-files", "models/releases/v1.0.0.sig")
    check_signature(signed.root / V1, keys[1])
    with served(None, checkout=signed.root, LOCKGATE_VERIFY_KEY=str(keys[1])) as (_, url):
        assert version(url) == "v1.0.0"


def alter_part(root: Path, _: Path) -> None:
    """Change the bundle."""
    (root / V1 / "golden.json").chmod(0o644)
    (root / V1 / "golden.json").write_text("{}")


def alter_record(root: Path, _: Path) -> None:
    """Change what is known of the release."""
    record = root / f"{V1}.json"
    record.write_text(record.read_text().replace('"step": "major"', '"step": "minor"'))


def remove_signature(root: Path, _: Path) -> None:
    """Take the signature away."""
    (root / f"{V1}.sig").unlink()


def cut_signature(root: Path, _: Path) -> None:
    """Cut it off."""
    path = root / f"{V1}.sig"
    path.write_bytes(path.read_bytes()[:-9])


def sign_otherwise(root: Path, folder: Path) -> None:
    """Sign with somebody else's key."""
    private, _ = write_pair(folder, "other")
    (root / f"{V1}.sig").write_bytes(sign((root / f"{V1}.json").read_bytes(), private))


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        (alter_part, "its sha256 differs"),
        (alter_record, "the record was altered, or was not signed by the owner"),
        (remove_signature, "not signed: there is no v1.0.0.sig"),
        (cut_signature, "was not signed by the owner"),
        (sign_otherwise, "was not signed by the owner"),
    ],
)
def test_what_was_not_signed_is_not_served(
    signed: Project, keys: tuple[Path, Path], tmp_path: Path, attack: object, said: str
) -> None:
    """Altered, unsigned or signed by somebody else: the service does not start, and says why."""
    assert callable(attack)
    attack(signed.root, tmp_path)
    with pytest.raises(BundleError, match=said):
        check_signature(signed.root / V1, keys[1])
    module, key = "lockgate.service", str(keys[1])
    done = signed.run("python", "-m", module, check=False, PORT="0", LOCKGATE_VERIFY_KEY=key)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_signed_release_under_another_name(signed: Project, keys: tuple[Path, Path]) -> None:
    """A signature is of one version: its files do not pass as those of another one."""
    for end in ("", ".json", ".sig"):
        copy = shutil.copy if end else shutil.copytree
        copy(f"{signed.root / V1}{end}", signed.root / f"models/releases/v1.0.1{end}")
    with pytest.raises(BundleError, match=r"as v1\.0\.0, and this is"):
        check_signature(signed.root / "models/releases/v1.0.1", keys[1])


def test_a_bundle_that_is_no_release_is_not_served(
    signed: Project, keys: tuple[Path, Path]
) -> None:
    """With a key to verify by, LOCKGATE_MODEL is no way around it."""
    done = signed.run(
        "python",
        "-m",
        "lockgate.service",
        check=False,
        PORT="0",
        LOCKGATE_VERIFY_KEY=str(keys[1]),
        LOCKGATE_MODEL="models/model",
    )
    assert done.returncode == 2
    assert "not signed" in done.stderr


def test_an_unsigned_release_is_not_taken_up(
    signed: Project, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    """A running service stays with the signed model, says why, and takes the next signed one."""
    log = tmp_path / "log"
    key = str(keys[1])
    with (
        log.open("wb") as file,
        served(None, file, signed.root, LOCKGATE_VERIFY_KEY=key) as (_, url),
    ):
        retrain(signed)
        release(signed.root)
        eventually(lambda: "production did not move" in log.read_text())
        assert "not signed" in log.read_text()
        assert version(url) == "v1.0.0"
        assert httpx.get(f"{url}/ready").status_code == 200
        retrain(signed, seed=8)
        release(signed.root, keys[0])
        eventually(lambda: version(url) == "v1.2.0")
        rollback(signed.root, "v1.0.0")
        eventually(lambda: version(url) == "v1.0.0")


def test_without_a_key_nothing_is_asked(released: Project) -> None:
    """Signing is for who wants it: without the setting an unsigned release is served."""
    with served(None, checkout=released.root) as (_, url):
        assert version(url) == "v1.1.0"


@pytest.mark.parametrize("kind", ["missing", "no key", "public", "another", "password"])
def test_a_key_that_cannot_sign(project: Project, tmp_path: Path, kind: str) -> None:
    """A key that is none, is of another kind or has a password is refused before anything else."""
    path = tmp_path / "bad.key"
    if kind == "no key":
        path.write_text("secret")
    elif kind == "public":
        path = write_pair(tmp_path, "good")[1]
    elif kind == "another":
        key = generate_private_key(SECP256R1())
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    elif kind == "password":
        path.write_bytes(as_pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"x")))
    with pytest.raises(EnvironmentProblem, match=path.name):
        release(project.root, path)
    assert untouched(project)


def test_a_key_that_cannot_verify(signed: Project, keys: tuple[Path, Path]) -> None:
    """A private key, or a file that is none, in the place of the public one is named."""
    for path in (keys[0], signed.root / "params.yaml", signed.root / "gone.pub"):
        with pytest.raises(EnvironmentProblem, match=path.name):
            check_signature(signed.root / V1, path)
