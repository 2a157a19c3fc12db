"""Which suites a check on a laptop is about: declared where, asked for by name or by tier."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.mirror import Mirror
from engine.configuration import FILE_NAME, Configuration, Tier
from engine.configuration_file import parse_configuration
from engine.errors import UserError, Where
from engine.values import CommitSha

DEFAULT_TIER: Tier = "quick"  # what a pull request has measured, unless somebody asks for more


def declaration(mirror: Mirror, commits: tuple[CommitSha, ...]) -> tuple[CommitSha, Configuration]:
    """Read what the first of *commits* that declares anything declares, and say which it is.

    Raises:
        UserError: none does, or the declaration is broken.
    """
    for commit in commits:
        data = mirror.read(commit, FILE_NAME)
        if data is not None:
            return commit, parse_configuration(data, FILE_NAME).configuration
    problem = "the file does not exist, so nothing says what to measure."
    raise UserError(problem, Where(FILE_NAME), "Write one; docs/reference has every key.")


def named_suites(configuration: Configuration, wanted: Sequence[str]) -> tuple[str, ...]:
    """Give the suites asked for, each once, sorted.

    Raises:
        UserError: there is none of that name.
    """
    unknown = sorted(set(wanted) - set(configuration.suites))
    if unknown:
        known = ", ".join(sorted(configuration.suites)) or "none"
        problem = f"the file has no suite {unknown[0]!r}; there are: {known}."
        raise UserError(problem, Where(FILE_NAME, None, "suites"), "Name one of these.")
    return tuple(sorted(set(wanted)))


def of_tier(configuration: Configuration, tier: Tier | None) -> Configuration:
    """Leave out the suites that are not of a tier.

    Raises:
        UserError: that leaves none, though the tier was asked for.
    """
    kept = {
        name: suite
        for name, suite in configuration.suites.items()
        if suite.tiers is None or (tier or DEFAULT_TIER) in suite.tiers
    }
    if tier is not None and not kept:
        problem = f"no suite is of the tier {tier}."
        raise UserError(problem, Where(FILE_NAME, None, "suites"), "Name the other tier.")
    return msgspec.structs.replace(configuration, suites=kept)
