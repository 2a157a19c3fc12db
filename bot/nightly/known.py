"""What is known of a repository from what was measured before."""

from __future__ import annotations

from functools import cache, partial

from bot.checks.results import UTC_SECONDS
from bot.nightly.marks import KnownCases
from bot.services import Services
from engine.values import RepositoryName


def known_cases(services: Services, repository: RepositoryName) -> KnownCases:
    """Say which cases each suite was ever measured with; none of one that never was."""
    return cache(partial(services.history.cases, repository))


def utc_now(services: Services) -> str:
    """Give the time as files of baselines write it."""
    return services.clock.now().strftime(UTC_SECONDS)
