"""What the use-cases work with: ports, stores, mirrors and the few settings that they show."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from bot.mirror import Mirrors
from bot.ports import Clock, Forge, HookDeliveries, OrderQueue, Repository
from bot.store.checks import CheckRecord, CheckStore
from bot.store.commands import CommandStore
from bot.store.debts import DebtStore
from bot.store.deliveries import DeliveryStore
from bot.store.drifts import DriftStore
from bot.store.history import HistoryStore
from bot.store.ledger_heads import LedgerHeadStore
from bot.store.nulls import NullStore
from bot.store.overrides import OverrideStore
from bot.store.pr_leases import PullRequestLeaseStore
from bot.store.promotions import PromotionStore
from bot.store.repositories import RepositoryStore
from bot.store.schedules import ScheduleStore
from bot.store.settlings import SettlingStore
from engine.values import CheckId, RunId
from worker.queue.places import OrderPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a use-case may touch; made once a process by ``bot.app``."""

    forge: Forge
    queue: OrderQueue
    clock: Clock
    checks: CheckStore
    deliveries: DeliveryStore
    nulls: NullStore
    history: HistoryStore
    settlings: SettlingStore
    debts: DebtStore
    commands: CommandStore
    overrides: OverrideStore
    promotions: PromotionStore
    repositories: RepositoryStore
    schedules: ScheduleStore
    drifts: DriftStore
    ledger_heads: LedgerHeadStore
    pr_leases: PullRequestLeaseStore
    mirrors: Mirrors
    state_dir: Path
    public_url: str
    secret: str = field(repr=False)  # orders' nonces derive from it
    hooks: HookDeliveries | None = None  # None: a forge that keeps no list of what it sent

    def place(self, run: RunId) -> OrderPlace:
        """Say where an order's files are."""
        return OrderPlace(self.state_dir, run)

    def entropy(self, check: CheckId) -> str:
        """Derive what nobody outside can guess for one check, the same at every attempt."""
        return hashlib.sha256(f"{self.secret}/{check}".encode()).hexdigest()


def verdict_url(public_url: str, check: CheckId) -> str:
    """Give the permanent address of a verdict's JSON."""
    return f"{public_url.rstrip('/')}/verdicts/{check}.json"


def repository_of(check: CheckRecord) -> Repository:
    """Name the repository of a check as the forge reaches it."""
    return Repository(name=check.repository, installation=check.installation)
