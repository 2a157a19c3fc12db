"""Values in, values out: what is measured, how it is judged, how the judgement reads.

No clock, randomness source, environment, file, network, subprocess or log lives here. The names
below are the public interface of the budget rule; files are read by ``worker.sweep_files``.
"""

from engine.baselines import BaselineData, create_new_baseline
from engine.comparison import ComparisonVerdict, CurrentData, PerfBudget, compare_results
from engine.reports.regression import generate_baseline_diff, generate_regression_report

__all__ = [
    "BaselineData",
    "ComparisonVerdict",
    "CurrentData",
    "PerfBudget",
    "compare_results",
    "create_new_baseline",
    "generate_baseline_diff",
    "generate_regression_report",
]
