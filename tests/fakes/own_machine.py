"""A machine of a test's own, for claims that are not about this one.

Where what is measured is written down beforehand, neighbours change nothing but the machine's own
account of itself: CPUs that another test has reserved, time that the hypervisor has stolen.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import pytest

from worker import processes
from worker.cpus import Reserved
from worker.guarded import Ending, parse_ending
from worker.suites import session


def have_own_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reserve CPUs from nobody: the first ones, which those who measure for real take last."""
    monkeypatch.setattr(session, "reserved", _granted)


def have_no_steal(monkeypatch: pytest.MonkeyPatch) -> None:
    """See no stolen time, of which much forbids every decision."""
    parse = parse_ending

    def parsed(result: bytes, argv: Sequence[str], tail: str) -> Ending:
        ending = parse(result, argv, tail)
        known = ending.conditions
        if known is None:
            return ending
        unstolen = msgspec.structs.replace(known, steal=0.0)
        return msgspec.structs.replace(ending, conditions=unstolen)

    monkeypatch.setattr(processes, "parse_ending", parsed)


@contextmanager
def _granted(count: int, *, patience_s: float) -> Iterator[Reserved]:
    del patience_s
    yield Reserved(tuple(sorted(os.sched_getaffinity(0))[: max(count, 1)]), alone=True)
