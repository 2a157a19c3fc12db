"""All stores of the bot over one database, made in one place."""

from __future__ import annotations

from typing import TypedDict

from sqlalchemy import Engine

from bot.store.checks import CheckStore
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


class Stores(TypedDict):
    """The stores by the names that ``bot.services.Services`` has for them."""

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


def stores_over(database: Engine) -> Stores:
    """Make every store over an open database with its migrations applied."""
    return Stores(
        checks=CheckStore(database),
        deliveries=DeliveryStore(database),
        nulls=NullStore(database),
        history=HistoryStore(database),
        settlings=SettlingStore(database),
        debts=DebtStore(database),
        commands=CommandStore(database),
        overrides=OverrideStore(database),
        promotions=PromotionStore(database),
        repositories=RepositoryStore(database),
        schedules=ScheduleStore(database),
        drifts=DriftStore(database),
        ledger_heads=LedgerHeadStore(database),
        pr_leases=PullRequestLeaseStore(database),
    )
