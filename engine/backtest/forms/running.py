"""Running a strategy by hand: every term has a default."""

from __future__ import annotations

from collections.abc import Sequence

from engine.backtest.account_terms import AccountTerms
from engine.backtest.bars import Bars
from engine.backtest.costs import Costs
from engine.backtest.forms.evaluation import Window, evaluate
from engine.backtest.forms.strategies import AnyStrategy
from engine.backtest.profiles import PROFILES, ProfileName
from engine.backtest.results import Backtest
from engine.backtest.risk.rules import Rule
from engine.backtest.run import Setup

_FREE = Costs()
_USUAL = AccountTerms()


def run(  # noqa: PLR0913 - every term has a default
    strategy: AnyStrategy,
    bars: Bars,
    *,
    account: AccountTerms = _USUAL,
    costs: Costs = _FREE,
    profile: ProfileName = ProfileName.OURS,
    rules: Sequence[Rule] = (),
    window: Window | None = None,
) -> Backtest:
    """Run *strategy* over *bars*, or over the bars ``start <= t < stop`` of *window*.

    *rules* stand beside the strategy's own. Make a strategy anew for each run: it may keep things
    in its attributes.

    Raises:
        UserError: signals of another shape than the bars, or rules that make no sense.
    """
    setup = Setup(terms=account, costs=costs, profile=PROFILES[ProfileName(profile)])
    return evaluate(strategy, bars, setup, window, rules=rules)
