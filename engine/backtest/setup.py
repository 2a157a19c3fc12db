"""Everything that a run depends on but its bars and its signals."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.backtest.account_terms import AccountTerms
from engine.backtest.costs import Costs
from engine.backtest.paths import Path
from engine.backtest.profiles import PROFILES, Profile, ProfileName
from engine.backtest.risk.compiled_rules import CompiledRules


@dataclass(frozen=True, slots=True)
class Setup:
    """The account's terms, the costs, the execution profile and the compiled risk rules.

    *path* is the way that the run takes, None: by the size of the run alone.
    """

    terms: AccountTerms = field(default_factory=AccountTerms)
    costs: Costs = field(default_factory=Costs)
    profile: Profile = PROFILES[ProfileName.OURS]
    rules: CompiledRules | None = None
    path: Path | None = None
