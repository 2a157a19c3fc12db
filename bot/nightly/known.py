"""What is known of a repository from what was measured before."""

from __future__ import annotations

from bot.checks.results import UTC_SECONDS
from bot.nightly.marks import KnownCases
from bot.services import Services
from engine.values import RepositoryName


def known_cases(services: Services, repository: RepositoryName) -> KnownCases:
    """Say which cases each suite was ever measured with; none of one that never was."""

    def of_suite(suite: str) -> frozenset[str]:
        return frozenset(point.case for point in services.history.points(repository, suite))

    return of_suite


def utc_now(services: Services) -> str:
    """Give the time as files of baselines write it."""
    return services.clock.now().strftime(UTC_SECONDS)
