"""Which test file goes to which of the processes of ``make test``, and in which order.

On a machine all measuring is done on one CPU, in turns: two processes of tests that measure would
wait for, and disturb, each other. So what measures for real stays together and begins first, and
what compiles or takes long begins before what is short, lest a process be left alone with it.
"""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

MEASURING = "tests that measure"
_MEASURE = (
    "tests/e2e/test_demo.py",
    "tests/integration/benchmarks/test_core_suite.py",
    "tests/integration/bot/cli/test_bench*.py",
    "tests/integration/bot/cli/test_check.py",
    "tests/integration/bot/cli/test_overhead.py",
    "tests/integration/bot/demo/test_build.py",
    "tests/integration/worker/suites/test_benchmark*.py",
    "tests/integration/worker/suites/test_overhead.py",
    "tests/integration/worker/suites/test_pooled_evidence.py",
    "tests/integration/worker/suites/test_spec_*.py",
)
_LONG = (
    "tests/integration/benchmarks/test_peers.py",
    "tests/integration/engine/backtest/test_compiled_kernels.py",
    "tests/integration/bot/cli/test_sweep_strategies.py",
    "tests/integration/peers/*.py",
    "tests/integration/examples/*.py",
    "tests/integration/benchmarks/*.py",
    "tests/docs/test_followed_pages.py",
    "tests/e2e/*.py",
    "tests/integration/worker/*.py",
    "tests/integration/*.py",
)


class Distribution(LoadFileScheduling):  # type: ignore[misc]
    """One file after the other to whoever is free, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        """Take the order as it is: :func:`ordered` has made it."""
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """Name what is run by one process: a file, or all that measures.

    >>> scope_of("tests/unit/test_a.py::test_b[x::y]")
    'tests/unit/test_a.py'
    >>> scope_of("tests/e2e/test_demo.py::test_b")
    'tests that measure'
    """
    file = nodeid.partition("::")[0]
    return MEASURING if _place(file, _MEASURE) < len(_MEASURE) else file


def ordered(items: list[pytest.Item]) -> list[pytest.Item]:
    """Put what begins first to the front, files with many tests before those with few."""
    files = [item.nodeid.partition("::")[0] for item in items]
    number = Counter(files)
    first = {file: at for at, file in reversed([*enumerate(files)])}

    def key(at: int) -> tuple[int, int, int, int, int]:
        file = files[at]
        places = _place(file, _MEASURE), _place(file, _LONG)
        return (*places, -number[file], first[file], at)

    return [items[at] for at in sorted(range(len(items)), key=key)]


def _place(file: str, patterns: tuple[str, ...]) -> int:
    found = (at for at, pattern in enumerate(patterns) if fnmatchcase(file, pattern))
    return next(found, len(patterns))
