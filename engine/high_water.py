"""The high-water mark: what a pairing with a baseline's origin commit is about."""

from __future__ import annotations

import msgspec

from engine.debts import Loss


class HighWater(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The origin of a baseline as the base of a check, and what came in since.

    ``age_days`` is None where the baseline's time cannot be read; ``commits`` are those that the
    head has and the origin has not (None: not known). ``losses`` are of the debt ledger; None:
    there is no ledger. Without ``descends`` the origin is on another branch. ``other_budgets``
    names suites that had another budget at the origin than the one that they were judged by.
    """

    baseline: str
    commit: str
    recorded: str
    age_days: int | None
    commits: int | None
    losses: tuple[Loss, ...] | None
    descends: bool = True
    other_budgets: tuple[str, ...] = ()
