"""The DVC project and its remote: whether it answers, and in clear words why not."""

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from lockgate.errors import EnvironmentProblem, LockgateError

PATIENCE_SECONDS = 30.0


@contextmanager
def opened(root: Path, settings: dict[str, Any] | None = None) -> Iterator[Any]:
    """Open the DVC project, and say in one message what DVC or a storage library raises.

    Parameters
    ----------
    root : Path
        The checkout.
    settings : dict, optional
        Of DVC, that go before those of the checkout.

    Raises
    ------
    EnvironmentProblem
        Naming the remote, the reason and the next step.
    """
    from dvc.repo import Repo

    with quiet() as causes:
        try:
            with Repo(str(root), config=settings) as repo:
                for remote in repo.config["remote"].values():
                    remote["verify"] = True  # or DVC takes a truncated object as it is
                yield repo
        except LockgateError:
            raise
        except Exception as problem:  # each kind of remote has a library with errors of its own
            cause = causes[0] if causes else problem
            raise EnvironmentProblem(
                f"{problem} ({_words(cause)})" if causes else _words(problem),
                where="DVC",
                hint="nothing was lost; lockgate doctor looks at the settings and the remote, "
                "and the same command goes on where this one stopped",
            ) from problem


@contextmanager
def quiet() -> Iterator[list[BaseException]]:
    """Collect the exceptions that DVC logs instead of raising, and keep its log off the screen."""
    causes: list[BaseException] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info and record.exc_info[1]:
                causes.append(record.exc_info[1])

    collector = Collector(logging.WARNING)
    loggers = [logging.getLogger(name) for name in ("dvc", "dvc_data", "dvc_objects")]
    before = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(collector)
        logger.propagate = False
    try:
        yield causes
    finally:
        for logger, propagate in zip(loggers, before, strict=True):
            logger.removeHandler(collector)
            logger.propagate = propagate


def reach(repo: Any, name: str | None = None) -> bool:
    """Ask a remote whether its bucket or folder is there, and wait half a minute at most.

    Parameters
    ----------
    repo : dvc.repo.Repo
    name : str, optional
        The remote; default: the project's.

    Returns
    -------
    bool
        False if it answers and holds nothing yet.

    Raises
    ------
    EnvironmentProblem
        When it does not answer, refuses the credentials, or has no such bucket.
    """
    remote = repo.cloud.get_remote(name)
    try:
        there = _within(lambda: _look(remote))
    except PermissionError as problem:
        what = f"the server refuses the request ({problem}); {credentials(repo.config, name)}"
        raise EnvironmentProblem(what, where=address(remote), hint=_SECRETS) from problem
    except LateError as problem:
        what = f"no answer within {PATIENCE_SECONDS:.0f} seconds"
        raise EnvironmentProblem(what, where=address(remote), hint=_settings(remote)) from problem
    except Exception as problem:  # each kind of remote has a library with errors of its own
        what = f"does not answer: {_words(problem)}; {credentials(repo.config, name)}"
        raise EnvironmentProblem(what, where=address(remote), hint=_settings(remote)) from problem
    if there is None:
        raise EnvironmentProblem(
            "the server answers and has no such bucket",
            where=address(remote),
            hint=f"create the bucket, or: dvc remote modify {remote.name} url ...",
        )
    return there


_SECRETS = "correct the key and the secret, or ask for access to this bucket"


def _settings(remote: Any) -> str:
    return f"check network, address and credentials: dvc remote modify {remote.name} ..."


def _look(remote: Any) -> bool | None:
    from dvc_objects.fs.base import ObjectFileSystem

    try:
        # Not exists(): for a bucket it takes a refusal and a dead server for an absence.
        remote.fs.ls(remote.path)
    except FileNotFoundError:
        bucket = remote.fs.parts(remote.path)[0]
        needs_bucket = isinstance(remote.fs, ObjectFileSystem)
        return None if needs_bucket and not remote.fs.exists(bucket) else False
    return True


def _within(look: Callable[[], bool | None]) -> bool | None:
    # Clients go on asking a silent server for many minutes; a daemon thread can be left to it.
    answer: Future[bool | None] = Future()

    def ask() -> None:
        try:
            answer.set_result(look())
        except BaseException as problem:
            answer.set_exception(problem)

    Thread(target=ask, daemon=True).start()
    return answer.result(PATIENCE_SECONDS)


def address(remote: Any) -> str:
    """Return the name and address of a remote, as messages show them."""
    url = remote.fs.unstrip_protocol(remote.path)
    server = remote.fs.fs_args.get("client_kwargs", {}).get("endpoint_url")
    return f"remote '{remote.name}' ({url}{f' at {server}' if server else ''})"


def credentials(config: dict[str, Any], name: str | None = None) -> str:
    """Say with which credentials a remote is asked."""
    chosen = name or config["core"].get("remote", "")
    settings = config["remote"].get(chosen, {})
    if not settings.get("url", "").startswith("s3://"):
        return "no credentials needed"
    if "access_key_id" in settings:
        return "credentials: .dvc/config.local"
    if "AWS_ACCESS_KEY_ID" in os.environ:
        return "credentials: AWS_ACCESS_KEY_ID in the environment"
    if "AWS_PROFILE" in os.environ:
        return f"credentials: AWS profile {os.environ['AWS_PROFILE']}"
    return (
        "credentials: none given (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
        f"dvc remote modify --local {chosen} access_key_id ...)"
    )


def _words(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {problem}"
