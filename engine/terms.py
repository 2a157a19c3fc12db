"""What a run is judged by beside its order."""

from __future__ import annotations

import msgspec

from engine.baselines import BaselineData
from engine.comparison import PerfBudget


class RunTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a run is judged by beside its order, read at the target branch's tip.

    ``budget_file`` holds the budget (None: ``.highwater.yml`` itself), ``baselines`` are the
    stored ones by scenario, ``baseline_problems`` says of others why they cannot be used.
    ``strategy`` is the function of a sweep by spec, as ``FILE:NAME``: only remarks name it.
    ``holdout`` names the out-of-sample window that a sweep looks at (None: not known); ``looks``
    is how many stored sweeps looked at it before, or, where it is not known, how many of this
    suite (None: nobody counted).
    ``expected_cases`` are what the run ``expected_from`` measured of the commit ``expected_at``:
    the merge base or one before it. ``expected_rewritten`` are measuring files that changed in
    between (a few of them): then a case may be gone since.
    """

    perf_budget: PerfBudget | None = None
    budget_file: str | None = None
    baselines: dict[str, BaselineData] = {}
    baseline_problems: dict[str, str] = {}
    strategy: str | None = None
    holdout: str | None = None
    looks: int | None = None
    expected_cases: tuple[str, ...] = ()
    expected_from: str = ""
    expected_at: str = ""
    expected_rewritten: tuple[str, ...] = ()
