"""How a command that runs a repository's code ends: nothing of it stays, whoever ended it."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from bot.cli.output import message
from worker.leftovers import nothing_left_behind

ENDING = (signal.SIGTERM, signal.SIGHUP)
_BY_SIGNAL = 128  # added to a signal's number: how shells report that it ended a process


@contextmanager
def clean_ending() -> Iterator[Path]:
    """Give a temporary folder, which is removed at the end, once all processes are killed.

    That is so when a signal ends the command, too: with 128 and the signal's number. A second
    signal does not disturb the clean-up.
    """
    with _signals_as_exits(), _folder() as name, nothing_left_behind():
        yield Path(name)


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="highwater-")


@contextmanager
def _signals_as_exits() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # only there can it be asked
        yield
        return
    earlier = {one: signal.getsignal(one) for one in (*ENDING, signal.SIGINT)}
    for one in ENDING:
        if earlier[one] is not signal.SIG_IGN:  # under nohup it stays ignored
            signal.signal(one, _end)
    try:
        yield
    except _EndedError as ended:
        message(f"Ended by {ended.signal.name}.")
        sys.exit(_BY_SIGNAL + ended.signal)
    finally:
        for one, handler in earlier.items():
            signal.signal(one, handler)


class _EndedError(BaseException):
    """Raised where the signal finds the program; a BaseException, so that nothing handles it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = signal.Signals(number)


def _end(number: int, _frame: FrameType | None) -> None:
    for one in (*ENDING, signal.SIGINT):
        signal.signal(one, signal.SIG_IGN)
    raise _EndedError(number)
