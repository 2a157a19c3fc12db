"""What holds for the whole suite: no sockets in unit tests, a clean environment, honest skips."""

from __future__ import annotations

import os
import shutil
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.distribution import Distribution, ordered
from tests.temporary import keep_in_memory
from worker.kernel_cache import kernel_cache

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
WITHOUT_SOCKETS = ("unit", "property", "golden")
OURS = ("HIGHWATER_*", "REDIS_URL", "QUEUE_URL", "DATABASE_URL", "UPDATE_BASELINES", "KEEP")


def pytest_configure(config: pytest.Config) -> None:
    """Make every machine look bare: no settings, no ``.env``, no git configuration of a person."""
    for name in [name for name in os.environ if any(fnmatchcase(name, one) for one in OURS)]:
        del os.environ[name]
    os.environ["HIGHWATER_ENV_FILE"] = os.devnull
    os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
    os.environ["GIT_CONFIG_NOSYSTEM"] = "1"
    if config.option.basetemp is None:
        keep_in_memory()
    _compile_once()
    config.addinivalue_line(
        "markers",
        "needs_program(program, package): skipped, and with CI=true failed, without the program "
        "that a Debian package brings",
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Block sockets in the tests that are to do no I/O; unix sockets too.

    Of several processes each gets the long files first; one process keeps the random order.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        items[:] = ordered(items)
    for item in items:
        folders = item.path.relative_to(ROOT).parts[:2]
        if folders[0] == "tests" and folders[1] in WITHOUT_SOCKETS:
            item.add_marker(pytest.mark.disable_socket)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what cannot run here, saying why; for want of a system package CI fails instead."""
    if item.get_closest_marker("needs_shared") is not None and not SHARED.is_dir():
        pytest.skip(f"needs the measured data beside the project: {SHARED} does not exist")
    for marker in item.iter_markers("needs_program"):
        program, package = marker.args
        if shutil.which(program) is None:
            _missing(f"needs {program}: apt-get install {package}")


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Distribution | None:
    """Keep together what measures."""
    return Distribution(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's own tree."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The measured data beside the project; only for tests marked needs_shared."""
    return SHARED


def _compile_once() -> None:
    """Let all processes of a session, and what they start, find what one of them has compiled.

    Kernels of suites are copied from there. Tests of a cold start name a place of their own.
    """
    kept = kernel_cache()
    if kept is not None:
        os.environ.setdefault("NUMBA_CACHE_DIR", str(kept))


def _missing(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (with CI=true this is no reason to skip)", pytrace=False)
    pytest.skip(reason)
