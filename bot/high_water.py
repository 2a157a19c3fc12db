"""The high-water mark on disk: a baseline's origin, and what the ledger knows of since then."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.git import git, git_succeeds
from bot.mirror import Mirror
from engine.baseline_files import parse_baseline, parse_platform_baseline
from engine.baselines import BaselineData, PlatformBaseline
from engine.configuration import FILE_NAME
from engine.configuration_file import parse_configuration
from engine.debts import Debt, Merged, contributors
from engine.errors import UserError, Where
from engine.high_water import HighWater
from engine.json_text import parse_json
from engine.values import CommitSha

_FIELD = "git_sha"
_WHOLE = re.compile(r"[0-9a-f]{40}")
_SHORT = re.compile(r"[0-9a-f]{7,40}")  # as sweeps' baselines were written by hand


@dataclass(frozen=True, slots=True)
class Origin:
    """Which commit a baseline is of, and when it was recorded, as its file says."""

    file: str
    commit: str
    recorded: str


def read_origin(path: str) -> Origin:
    """Read where a baseline comes from: a sweep's, or a platform's of benchmarks.

    Raises:
        UserError: the file cannot be read, is no baseline, or does not name its commit.
    """
    try:
        data = Path(path).read_bytes()  # from where one stands, as every other flag's file
    except OSError as error:
        problem = f"cannot be read: {error.strerror}."
        raise UserError(problem, Where(path), "Name a baseline file.") from error
    value = parse_json(data, path).value
    if not (isinstance(value, dict) and "baselines" in value):
        return sweep_origin(parse_baseline(data, path), path)
    platform = parse_platform_baseline(data, path)
    if platform.git_sha is None:
        problem = "is not there, so nobody knows which commit the levels are of."
        remedy = "Record them anew: `highwater bench run --update-baselines`."
        raise UserError(problem, Where(path, field=_FIELD), remedy)
    return Origin(path, _commit(platform.git_sha, path, _WHOLE), platform.timestamp)


def sweep_origin(baseline: BaselineData, path: str) -> Origin:
    """Say which commit a sweep's baseline is of; it may be a short name of it.

    Raises:
        UserError: it names no commit.
    """
    return Origin(path, _commit(baseline.git_sha, path, _SHORT), baseline.created_utc)


def case_origins(baseline: PlatformBaseline, path: str) -> dict[str, frozenset[str]]:
    """Say which cases' levels are of which commit; a case whose commit is not known is left out.

    Raises:
        UserError: what is named is no commit.
    """
    found: dict[str, set[str]] = {}
    for case in baseline.baselines:
        commit = baseline.origin(case)
        if commit is not None:
            found.setdefault(_commit(commit, path, _WHOLE), set()).add(case)
    return {commit: frozenset(cases) for commit, cases in found.items()}


def merged_into(directory: Path, head: CommitSha, since: CommitSha | None = None) -> Merged:
    """List the history of *head*, without that of *since*; first lines of the branch's own commits.

    What a merge brought in is not the branch's own: whoever wrote it may number it as they like.

    Raises:
        TransientError: git failed.
    """
    wanted = head if since is None else f"{since}..{head}"
    commits = git(directory, "rev-list", wanted).decode().split()
    listed = git(directory, "log", "-z", "--first-parent", "--format=%s", wanted)
    subjects = listed.decode(errors="replace").split("\0")
    return Merged(frozenset(commits), [subject for subject in subjects if subject])


def descends(directory: Path, head: CommitSha, origin: CommitSha) -> bool:
    """Whether *origin* is part of the history of *head*."""
    return git_succeeds(directory, "merge-base", "--is-ancestor", origin, head)


def other_budgets(
    mirror: Mirror, origin: CommitSha, target: CommitSha, suites: Iterable[str]
) -> tuple[str, ...]:
    """Name those of *suites* that *origin* declares another budget for than *target*, sorted.

    One that *origin* does not declare, or not so that it can be read, is not among them.
    """
    then, now = _budgets(mirror, origin), _budgets(mirror, target)
    both = then.keys() & now.keys() & set(suites)
    return tuple(sorted(name for name in both if then[name] != now[name]))


def high_water(
    origin: Origin, merged: Merged | None, debts: Iterable[Debt] | None, now: datetime
) -> HighWater:
    """Say how old the mark is, and which of *debts* came in since.

    None: it is not known what came in, or there is no ledger.
    """
    return HighWater(
        baseline=origin.file,
        commit=origin.commit,
        recorded=origin.recorded,
        age_days=_age_days(origin.recorded, now),
        commits=None if merged is None else len(merged.commits),
        losses=None if debts is None or merged is None else contributors(debts, merged),
    )


def _commit(written: str, path: str, shape: re.Pattern[str]) -> str:
    """Refuse what names another commit tomorrow, such as a branch."""
    if not shape.fullmatch(written):
        problem = f"is {written[:100]!r}, which is no commit's hash."
        remedy = "Give the 40 hex digits of the commit that the levels are of."
        raise UserError(problem, Where(path, field=_FIELD), remedy)
    return written


def _budgets(mirror: Mirror, commit: CommitSha) -> dict[str, object]:
    """Give each suite's budget at a commit: as declared, or the file that it names."""
    data = mirror.read(commit, FILE_NAME)
    try:
        suites = {} if data is None else parse_configuration(data, FILE_NAME).configuration.suites
    except UserError:
        return {}
    return {
        name: mirror.read(commit, suite.budget) if isinstance(suite.budget, str) else suite.budget
        for name, suite in suites.items()
    }


def _age_days(recorded: str, now: datetime) -> int | None:
    """Count whole days; None for a time that cannot be read, or is still to come."""
    try:
        at = datetime.fromisoformat(recorded)
    except ValueError:
        return None
    days = (now - (at if at.tzinfo else at.replace(tzinfo=UTC))).days
    return days if days >= 0 else None
