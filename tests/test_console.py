"""What a person at a terminal sees of work that takes time."""

import io
import time

import pytest
from rich.console import Console

from lockgate import console

PATIENCE = 0.05


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Put a terminal in the place of stderr, and show bars sooner."""
    screen = io.StringIO()
    monkeypatch.setattr(console, "_err", Console(file=screen, force_terminal=True, width=80))
    monkeypatch.setattr(console, "SHOW_AFTER_SECONDS", PATIENCE)
    return screen


def wait_for(screen: io.StringIO, words: str) -> None:
    """Wait until the words are on the screen."""
    deadline = time.monotonic() + 10
    while words not in screen.getvalue():
        assert time.monotonic() < deadline, screen.getvalue()
        time.sleep(0.01)


def test_a_bar_comes_before_the_first_step_is_done(terminal: io.StringIO) -> None:
    """Work that is one long step shows a bar as well, and it is gone afterwards."""
    with console.progress("evaluating"):
        wait_for(terminal, "evaluating")
    assert terminal.getvalue().endswith("\x1b[2K")


def test_steps_are_counted(terminal: io.StringIO) -> None:
    """Where the number of steps is known it is shown, with what is being done."""
    with console.progress("training", 7) as steps:
        steps.advance(2, "still training")
        wait_for(terminal, "2/7")
    assert "still training" in terminal.getvalue()


def test_quick_work_shows_nothing(terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar that would flash up is spared."""
    monkeypatch.setattr(console, "SHOW_AFTER_SECONDS", 60.0)
    with console.progress("blinking", 1) as steps:
        steps.advance()
    assert "blinking" not in terminal.getvalue()


def test_a_pipe_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A log has no use for a bar."""
    with console.progress("logging") as steps:
        steps.advance()
    assert capsys.readouterr() == ("", "")


def fail(screen: io.StringIO) -> None:
    """Raise while a bar is shown."""
    with console.progress("failing"):
        wait_for(screen, "failing")
        raise KeyError("lost")


def test_a_bar_ends_with_an_error(terminal: io.StringIO) -> None:
    """An error stops the bar and stays the error that it was."""
    with pytest.raises(KeyError, match="lost"):
        fail(terminal)
    assert terminal.getvalue().endswith("\x1b[2K")
