"""The high-water mark on disk: a baseline's origin, and what the ledger knows of since then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.git import git
from engine.baseline_files import parse_baseline, parse_platform_baseline
from engine.debts import Debt, Merged, contributors
from engine.errors import UserError, Where
from engine.high_water import HighWater
from engine.json_text import parse_json
from engine.values import CommitSha

_FIELD = "git_sha"


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
        sweep = parse_baseline(data, path)
        return Origin(path, sweep.git_sha, sweep.created_utc)
    platform = parse_platform_baseline(data, path)
    if platform.git_sha is None:
        problem = "is not there, so nobody knows which commit the levels are of."
        remedy = "Record them anew: `highwater bench run --update-baselines`."
        raise UserError(problem, Where(path, field=_FIELD), remedy)
    return Origin(path, platform.git_sha, platform.timestamp)


def merged_into(directory: Path, head: CommitSha, since: CommitSha | None = None) -> Merged:
    """List the history of *head*, without that of *since*.

    Raises:
        TransientError: git failed.
    """
    wanted = head if since is None else f"{since}..{head}"
    listed = git(directory, "log", "-z", "--format=%H %s", wanted).decode(errors="replace")
    commits = [line.partition(" ") for line in listed.split("\0") if line]
    return Merged(
        frozenset(commit for commit, _, _ in commits), [subject for _, _, subject in commits]
    )


def high_water(
    origin: Origin, merged: Merged, debts: Iterable[Debt] | None, now: datetime
) -> HighWater:
    """Say how old the mark is, and which of *debts* came in since (None: there is no ledger)."""
    return HighWater(
        baseline=origin.file,
        commit=origin.commit,
        recorded=origin.recorded,
        age_days=_age_days(origin.recorded, now),
        commits=len(merged.commits),
        losses=None if debts is None else contributors(debts, merged),
    )


def _age_days(recorded: str, now: datetime) -> int | None:
    """Count whole days; None for a time that cannot be read, or is still to come."""
    try:
        at = datetime.fromisoformat(recorded)
    except ValueError:
        return None
    days = (now - (at if at.tzinfo else at.replace(tzinfo=UTC))).days
    return days if days >= 0 else None
