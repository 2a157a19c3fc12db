"""The high-water mark: what a pairing with a baseline's origin commit is about."""

from __future__ import annotations

import msgspec

from engine.debts import Loss


class HighWater(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The origin of a baseline as the base of a check, and what came in since.

    ``age_days`` is None where the baseline's time cannot be read; ``commits`` are those that the
    head has and the origin has not. ``losses`` are of the debt ledger; None: there is no ledger.
    """

    baseline: str
    commit: str
    recorded: str
    age_days: int | None
    commits: int
    losses: tuple[Loss, ...] | None
