"""The ledger of decisions: verdicts, overrides, approvals and promotions, as intent and outcome."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec

from bot.services import Services
from bot.store.ledger_file import Appender, LedgerFile
from bot.store.writers import this_writer
from engine.audit.records import Entry, Fault, Scalar, fault
from engine.errors import HighwaterError, TransientError
from worker.queue.private_folders import private_folder

RUN = "bot"
FILE = Path("ledger", "decisions.jsonl")

_AGAIN_S = 15.0
_LONGEST_ID = 400  # beside a step and the number of an attempt, see records.Name


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is decided: a step, and what it is about, the same at every attempt."""

    step: str
    id: str
    ctx: Mapping[str, Scalar] = {}
    inputs: Mapping[str, Scalar] = {}

    @property
    def name(self) -> str:
        """What its records are known by; an id that is longer than a record may have is hashed."""
        known = self.id if len(self.id) <= _LONGEST_ID else sha256(self.id.encode()).hexdigest()
        return f"{self.step}/{known}"


@contextmanager
def ledgered(services: Services, act: Act) -> Iterator[dict[str, Scalar]]:
    """Record that something is about to be done, and afterwards what came of it.

    What is put into the dictionary stands in the outcome. A refusal is the outcome ``error``. After
    an outage, or a fault of ours, the intent stays open, and the next attempt goes on with it. What
    has succeeded is not recorded twice, though it may be done again.

    Raises:
        TransientError: the ledger cannot be written to.
    """
    begin(services, act)
    outputs: dict[str, Scalar] = {}
    try:
        yield outputs
    except TransientError:
        raise
    except HighwaterError as refusal:
        finish(services, act, outputs, status="error", error=fault(refusal, _hash_of(refusal)))
        raise
    finish(services, act, outputs)


def begin(services: Services, act: Act) -> None:
    """Record an intent, unless one of this act is open or has succeeded; it is on the disk then.

    Raises:
        TransientError: the ledger cannot be written to.
    """
    with _appending(services) as ledger:
        former, name = _last(ledger, act.name)
        if former is not None and ledger.known.ended[former] in {None, "success"}:
            return
        entry = Entry(
            run_id=RUN,
            step=act.step,
            kind="intent",
            id=name,
            ref=former,
            ctx=act.ctx,
            inputs=act.inputs,
        )
        ledger.append(entry)


def finish(
    services: Services,
    act: Act,
    outputs: Mapping[str, Scalar],
    *,
    status: Literal["success", "empty", "error", "cancelled"] = "success",
    error: Fault | None = None,
) -> None:
    """Record the outcome of the act's open intent; without one there is nothing to record.

    Raises:
        TransientError: the ledger cannot be written to.
    """
    with _appending(services) as ledger:
        intent, _ = _last(ledger, act.name)
        if intent is None or ledger.known.ended[intent] is not None:
            return
        entry = Entry(
            run_id=RUN,
            step=act.step,
            kind="outcome",
            ref=intent,
            status=status,
            ctx=act.ctx,
            outputs=outputs,
            error=error,
        )
        ledger.append(entry)


def note(services: Services, act: Act) -> None:
    """Record something that was seen or refused, once.

    Raises:
        TransientError: the ledger cannot be written to.
    """
    with _appending(services) as ledger:
        if act.name in ledger.known.noted:
            return
        entry = Entry(
            run_id=RUN, step=act.step, kind="note", ref=act.name, ctx=act.ctx, inputs=act.inputs
        )
        ledger.append(entry)


def ledger_path(state_dir: Path) -> Path:
    """Say where the ledger of a state directory is."""
    return state_dir.absolute() / FILE


@contextmanager
def _appending(services: Services) -> Iterator[Appender]:
    """Give the locked ledger, and store its new head in the database.

    The head is stored under the lock: those of two processes come in the records' order.
    """
    path, heads, clock = ledger_path(services.state_dir), services.ledger_heads, services.clock
    try:
        stored = heads.head(str(path))
        with _opened(path, os.getpid()).appending(clock.now, stored) as ledger:
            yield ledger
            if ledger.known.head != stored:
                heads.put(str(path), ledger.known.head, clock.now())
    except OSError as error:
        problem = f"the ledger {path} cannot be written to: {error.strerror or error}"
        raise TransientError(problem, retry_after_s=_AGAIN_S) from error


@cache
def _opened(path: Path, process: int) -> LedgerFile:
    """Give this process' hold on a ledger; a process that forks has one of its own."""
    del process
    private_folder(path.parent, "STATE_DIR")
    return LedgerFile(path, this_writer())


def _last(ledger: Appender, name: str) -> tuple[str | None, str]:
    """Give the last intent of an act, None where there is none, and the name of a next one."""
    former, attempt = None, name
    while attempt in ledger.known.ended:
        former = attempt
        number = int(former.removeprefix(name).removeprefix("#") or 1)
        attempt = f"{name}#{number + 1}"
    return former, attempt


def _hash_of(error: BaseException) -> str:
    return sha256("".join(traceback.format_exception(error)).encode()).hexdigest()
