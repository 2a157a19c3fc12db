"""What the specs of a backtest and of a sweep say of our engine alike: keys and their defaults."""

from __future__ import annotations

from typing import Annotated

import msgspec

from engine.backtest.account_terms import AccountTerms
from engine.backtest.costs import Costs
from engine.backtest.data_spec import DataSpec
from engine.backtest.profiles import ProfileName
from engine.backtest.risk.rule_specs import RuleSpec

PeriodsPerYear = Annotated[float, msgspec.Meta(gt=0, le=1e8)]


class EngineSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The terms that a strategy is run on.

    ``data`` names the bars, ``risk`` the rules beside the strategy's own. ``periods_per_year`` is
    how many bars a year has, by which figures are annualised; None: it is read off the times of
    daily, weekly and monthly bars (``engine.backtest.periods``).
    """

    data: DataSpec
    costs: Costs = Costs()
    account: AccountTerms = AccountTerms()
    profile: ProfileName = ProfileName.OURS
    risk: tuple[RuleSpec, ...] = ()
    periods_per_year: PeriodsPerYear | None = None
