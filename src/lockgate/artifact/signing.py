"""Signed releases: an Ed25519 signature (RFC 8032) over the record that names each byte of one."""

import base64
import binascii
from pathlib import Path

from lockgate.artifact.parts import open_parts
from lockgate.artifact.released import Release, parse
from lockgate.errors import BundleError, EnvironmentProblem

NEW_KEY = "openssl genpkey -algorithm ed25519 -out release.key"
PUBLIC_KEY = "openssl pkey -in release.key -pubout -out release.pub"


def sign(content: bytes, key: Path) -> bytes:
    """Return the text of a signature file.

    Parameters
    ----------
    content : bytes
        What is signed.
    key : Path
        Ed25519 private key, PEM, not encrypted.

    Raises
    ------
    EnvironmentProblem
        When it is none.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    text = _read(key, NEW_KEY)
    try:
        loaded = load_pem_private_key(text, password=None)
    except (ValueError, TypeError) as problem:
        raise _no_key(key, "private", NEW_KEY) from problem
    if not isinstance(loaded, Ed25519PrivateKey):
        raise _no_key(key, "private", NEW_KEY)
    return base64.b64encode(loaded.sign(content)) + b"\n"


def check_signature(directory: Path, key: Path) -> None:
    """Make sure that a bundle is one whose release was signed; no model in it is opened.

    Beside the directory lie its record, which names the sha256 of each part, and the signature of
    that record.

    Parameters
    ----------
    directory : Path
        The bundle, named by its version.
    key : Path
        Ed25519 public key, PEM.

    Raises
    ------
    BundleError
        When the signature is missing or another key's, or record or bundle are not what was signed.
    EnvironmentProblem
        When the key is none.
    """
    record = directory.with_name(f"{directory.name}.json")
    signature = directory.with_name(f"{directory.name}.sig")
    try:
        content, text = record.read_bytes(), signature.read_bytes()
    except FileNotFoundError as problem:
        raise BundleError(
            f"not signed: there is no {Path(problem.filename).name} beside it, and "
            "LOCKGATE_VERIFY_KEY asks for one",
            where=str(directory),
            hint="lockgate release --sign KEY signs what is released",
        ) from None
    _verify(content, text, key, str(signature))
    release = parse(Release, content, str(record))
    found = open_parts(directory).hash
    if (release.version, release.model_hash) != (directory.name, found):
        raise BundleError(
            f"what was signed is model {release.model_hash[:12]} as {release.version}, and this is "
            f"{found[:12]}",
            where=str(directory),
            hint=f"git checkout -- {record} and dvc checkout --force {directory}.dvc",
        )


def _verify(content: bytes, text: bytes, key: Path, where: str) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        public = load_pem_public_key(_read(key, PUBLIC_KEY))
    except (ValueError, TypeError) as problem:
        raise _no_key(key, "public", PUBLIC_KEY) from problem
    if not isinstance(public, Ed25519PublicKey):
        raise _no_key(key, "public", PUBLIC_KEY)
    try:
        public.verify(base64.b64decode(text.strip(), validate=True), content)
    except (InvalidSignature, binascii.Error):
        raise BundleError(
            f"the record was altered, or was not signed by the owner of {key}",
            where=where,
            hint="it is not served; git log of both files shows who changed them",
        ) from None


def _read(key: Path, hint: str) -> bytes:
    try:
        return key.read_bytes()
    except OSError as problem:
        raise EnvironmentProblem(
            f"the key cannot be read: {problem.strerror}", where=str(key), hint=hint
        ) from None


def _no_key(key: Path, kind: str, hint: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"this is no {kind} Ed25519 key in PEM without a password", where=str(key), hint=hint
    )
