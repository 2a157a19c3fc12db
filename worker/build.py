"""The build step: an environment of its own for a tree, and the repository's ``setup`` in it."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import virtualenv

from engine.configuration import Argv
from engine.errors import CandidateError, TransientError
from engine.orders import RunOrder
from engine.values import Side
from worker.environment_cache import cache_key, cached
from worker.leftovers import mark_of
from worker.processes import run, scrubbed
from worker.queue.rq_queue import SETUP_TIMEOUT_S
from worker.requirements_files import Firmness, requirements_of
from worker.sealed import Sealed
from worker.settings import RunnerSettings, setup_variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An environment built for one tree, or for several: then *shared* notes what is in it.

    *python* is its interpreter; *environ* is the whole environment of every command that is
    run in it, ``PATH`` with its ``bin`` first, and nothing of the runner's own.
    """

    python: Path
    environ: Mapping[str, str]
    shared: Sealed | None = None

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.python.parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A place for an environment that several trees may share."""

    folder: Path
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where one tree is built: its folder, a home for its commands, a place for its environment."""

    tree: Path
    home: Path
    own: Path  # the environment's place where it cannot be shared
    shelf: Shelf | None = None  # where it can


def shelves(
    order: RunOrder, trees: Mapping[Side, Path], settings: RunnerSettings, folder: Path
) -> Mapping[Side, Shelf | None]:
    """Say where each side's environment is shared; None where it is its tree's alone.

    A side is not faster for what a package index has today and had not when the other side's
    environment was built. So equal requirements are installed once for both, below *folder*
    when they pin no versions; and environments of other orders are used for requirements with
    hashes, and for pinned ones when both sides have the same. No side is shared alone, for the
    paths of both have one length.

    Raises:
        UserError: a requirement file is missing or no plain file.
    """
    found = {side: requirements_of(order.setup, tree) for side, tree in trees.items()}
    known = {side: one for side, one in found.items() if one is not None}
    alike = found[Side.BASE] == found[Side.HEAD]
    if len(known) < len(found):
        return dict.fromkeys(found)
    if any(
        one.firmness < (Firmness.PINNED if alike else Firmness.HASHED) for one in known.values()
    ):
        return dict.fromkeys(found, Shelf(folder=folder, key="both") if alike else None)
    variables, python = setup_variables(settings, os.environ), settings.base_python
    keys = {
        side: cache_key(order.repository, order.setup, one, variables, python)
        for side, one in known.items()
    }
    kept = settings.cache_dir / "environments"
    return {side: Shelf(folder=kept, key=key) for side, key in keys.items()}


def build(setup: Sequence[Argv], site: Site, settings: RunnerSettings) -> Environment:
    """Make the environment of *site*'s tree: an empty one, then the commands of *setup* in it.

    One that is on its shelf already is used again. None of our own packages can be imported in
    it. Network variables are seen by *setup* only.

    Raises:
        CandidateError: a command of *setup* failed or took too long.
        TransientError: the environment could not be made: disk full, no base interpreter.
    """
    if site.shelf is None:
        _make(site.own, setup, site, settings)
        return _environment(site.own, site.home, settings)
    shelf = site.shelf
    shared = cached(shelf.folder, shelf.key, lambda own: _make(own, setup, site, settings))
    return replace(_environment(shared.place, site.home, settings), shared=shared)


def _environment(folder: Path, home: Path, settings: RunnerSettings) -> Environment:
    mark = mark_of(settings.runner_name, settings.work_dir)
    environ = scrubbed(home, (folder / "bin",), mark) | {"VIRTUAL_ENV": str(folder)}
    return Environment(python=folder / "bin" / "python", environ=environ)


def _make(folder: Path, setup: Sequence[Argv], site: Site, settings: RunnerSettings) -> None:
    _create(folder, settings)
    fixed = _environment(folder, site.home, settings).environ
    pip = {
        "PIP_CACHE_DIR": str(settings.cache_dir / "pip"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
    }
    environ = {**pip, **setup_variables(settings, os.environ), **fixed}
    deadline = time.monotonic() + SETUP_TIMEOUT_S
    for argv in setup:
        _carry_out(argv, site.tree, environ, deadline)


def _carry_out(argv: Argv, tree: Path, environ: Mapping[str, str], deadline: float) -> None:
    left_s = max(0.0, deadline - time.monotonic())
    finished = run(argv, cwd=tree, environ=environ, timeout_s=left_s)
    if finished.succeeded:
        return
    ending = (
        f"was stopped after {SETUP_TIMEOUT_S} seconds of set-up"
        if finished.timed_out
        else f"ended with status {finished.returncode}"
    )
    step = f"setup: {shlex.join(argv)}"
    raise CandidateError(step, finished.tail, ending=ending)


def _create(folder: Path, settings: RunnerSettings) -> None:
    """Make an empty environment from the base interpreter, without network."""
    options = [
        "--python",
        str(settings.base_python),
        "--app-data",
        str(settings.cache_dir / "virtualenv"),
        "--no-download",
        "--no-periodic-update",
        "--no-vcs-ignore",
        str(folder),
    ]
    try:
        virtualenv.cli_run(options, setup_logging=False, env={})
    except (RuntimeError, OSError, SystemExit) as error:
        problem = f"no environment could be made from {settings.base_python}: {error}"
        raise TransientError(problem, retry_after_s=0.0) from error
