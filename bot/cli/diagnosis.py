"""What ``doctor`` finds about this machine: Python, git, disk, load, and its settings."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from bot.setting_table import SETTINGS
from bot.settings import Settings
from bot.store.engine import database_file
from engine.errors import UserError
from engine.precedence import Layer, Source
from worker.queue.settings import DEBUG_VARIABLE, ENV_FILE_VARIABLE
from worker.settings import RUNNER_SETTINGS, RunnerSettings

GIB = 1024**3
OLDEST_PYTHON = (3, 11)
OLDEST_GIT = (2, 30)
LITTLE_DISK_GIB = 5.0
NO_DISK_GIB = 1.0
NOISY_PRESSURE = 10.0  # per cent of the last 10 s in which some process waited for a processor
ALSO_KNOWN = (DEBUG_VARIABLE, ENV_FILE_VARIABLE)


class Diagnosis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing looked at: a problem stops something, a warning may, a note is to be known."""

    name: str
    status: Literal["ok", "note", "warning", "problem"]
    found: str
    remedy: str = ""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A setting whose text is not allowed, or a ``.env`` that cannot be read."""

    variable: str
    source: Source
    error: UserError


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What is diagnosed: both kinds of settings, and the texts that they were read from.

    What was *refused* counts as not given in all the others.
    """

    settings: Settings
    runner: RunnerSettings
    environ: Mapping[str, str]
    start: Path
    layers: tuple[Layer, ...]
    refused: tuple[Refused, ...] = ()


Check = Callable[[Subject], tuple[Diagnosis, ...]]


def ok(name: str, found: str) -> tuple[Diagnosis, ...]:
    """Say that something is as it must be."""
    return (Diagnosis(name=name, status="ok", found=found),)


def note(name: str, found: str, remedy: str) -> tuple[Diagnosis, ...]:
    """Say what this version is like, and what follows: nothing is to be mended."""
    return (Diagnosis(name=name, status="note", found=found, remedy=remedy),)


def warning(name: str, found: str, remedy: str) -> tuple[Diagnosis, ...]:
    """Say that something may get in the way, and how to mend it."""
    return (Diagnosis(name=name, status="warning", found=found, remedy=remedy),)


def problem(name: str, found: str, remedy: str) -> tuple[Diagnosis, ...]:
    """Say that something does not work, and how to mend it."""
    return (Diagnosis(name=name, status="problem", found=found, remedy=remedy),)


def told(error: UserError) -> str:
    """Word an error in one line: its place, where it has one, and its problem."""
    return error.problem if error.where is None else f"{error.where}: {error.problem}"


def check_python(_subject: Subject) -> tuple[Diagnosis, ...]:
    """Look at the version of Python."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < OLDEST_PYTHON:
        return problem("python", found, "Make .venv with Python 3.11 or newer.")
    return ok("python", found)


def check_git(_subject: Subject) -> tuple[Diagnosis, ...]:
    """Look for git and its version."""
    program = shutil.which("git")
    if program is None:
        return problem("git", "not on the PATH", "apt-get install git")
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    numbers = re.search(r"(\d+)\.(\d+)", told.stdout)
    found = told.stdout.strip()
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST_GIT:
        return problem("git", found or "gives no version", "Install git 2.30 or newer.")
    return ok("git", found)


def check_disk(subject: Subject) -> tuple[Diagnosis, ...]:
    """Look at the free space of the state and cache directories, and whether we may write."""
    places = {
        "state directory": subject.settings.state_dir,
        "cache directory": subject.settings.cache_dir,
    }
    return tuple(one for name, place in places.items() for one in _disk_of(name, place))


def check_noise(_subject: Subject) -> tuple[Diagnosis, ...]:
    """Look at how busy the machine is: what waits for a processor disturbs measurements."""
    cores = os.cpu_count() or 1
    load = os.getloadavg()[0]
    pressure = processor_pressure()
    shown = "not readable" if pressure is None else f"{pressure:.1f} %"
    found = f"load {load:.2f} on {cores} processors, waiting for one in the last 10 s: {shown}"
    busy = load > cores if pressure is None else pressure > NOISY_PRESSURE
    if busy:
        return warning("noise", found, "Measure on a quiet machine, or expect inconclusive rows.")
    return ok("noise", found)


def check_sandbox(_subject: Subject) -> tuple[Diagnosis, ...]:
    """Say what this version does not have."""
    found = "none in this version: a runner runs a repository's code with its own rights"
    remedy = "Serve trusted repositories only; heads of forks are never checked out or run."
    return note("sandbox", found, remedy)


def check_refused(subject: Subject) -> tuple[Diagnosis, ...]:
    """Name every setting whose text is not allowed."""
    return tuple(
        row
        for one in subject.refused
        for row in problem("settings", told(one.error), one.error.remedy)
    )


def check_names(subject: Subject) -> tuple[Diagnosis, ...]:
    """Look for variables that look like ours and are not."""
    known = {one.variable for one in (*SETTINGS, *RUNNER_SETTINGS)} | set(ALSO_KNOWN)
    ours = sorted(name for name in subject.environ if name.startswith("HIGHWATER_"))
    unknown = [name for name in ours if name not in known]
    return tuple(
        one
        for name in unknown
        for one in warning("settings", f"{name} is no setting", _nearest(name, known))
    ) or ok("settings", "every HIGHWATER_ variable is known")


def check_private_files(subject: Subject) -> tuple[Diagnosis, ...]:
    """Look whether what holds secrets, or the code of others, can be read by other users."""
    settings = subject.settings
    files = (subject.start / ".env", settings.github_private_key_file, _database(subject))
    files_there = [file for file in files if file is not None and file.is_file()]
    folders_there = [one for one in (settings.state_dir, settings.cache_dir) if one.is_dir()]
    wide = (
        *((file, "600") for file in files_there if _is_open(file)),
        *((folder, "700") for folder in folders_there if _is_open(folder)),
    )
    count = len(files_there) + len(folders_there)
    return tuple(
        row
        for place, mode in wide
        for row in warning("private files", f"others may read {place}", f"chmod {mode} {place}")
    ) or ok("private files", f"{count} found, none readable by others")


def processor_pressure() -> float | None:
    """Read the kernel's pressure figure, in per cent of the last 10 s; None where it has none."""
    try:
        text = Path("/proc/pressure/cpu").read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"^some avg10=([0-9.]+)", text)
    return None if found is None else float(found[1])


def _disk_of(name: str, place: Path) -> tuple[Diagnosis, ...]:
    existing = next(one for one in (place, *place.parents) if one.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return problem(name, f"{existing} cannot be written to", f"chown or chmod {existing}")
    free = shutil.disk_usage(existing).free / GIB
    found = f"{place}: {free:.1f} GiB free"
    if free < NO_DISK_GIB:
        return problem(name, found, "Free some space, or name another directory.")
    if free < LITTLE_DISK_GIB:
        return warning(name, found, "Environments and mirrors may need more.")
    return ok(name, found)


def _database(subject: Subject) -> Path | None:
    file = database_file(subject.settings.database_url)
    return None if file is None else subject.start / file


def _is_open(place: Path) -> bool:
    return bool(place.stat().st_mode & 0o077)


def _nearest(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {close[0]}?" if close else "See docs/reference/settings.md."
