"""The buttons of a check run that has ended: at most three, and none that would do nothing."""

from __future__ import annotations

from collections.abc import Iterable

from bot.ports import CheckAction
from bot.store.checks import CheckRecord
from engine.findings import SuiteVerdict
from engine.overriding import is_blocking
from engine.reports.offers import open_rows

RERUN = CheckAction(label="Re-run", description="Measure this commit again", identifier="rerun")
MORE = CheckAction(
    label="Run more pairs", description="Go on with the undecided rows", identifier="more"
)
ACCEPT = CheckAction(
    label="Accept", description="Accept the red rows in this pull request", identifier="accept"
)


def buttons(check: CheckRecord, suites: Iterable[SuiteVerdict] = ()) -> tuple[CheckAction, ...]:
    """Give the buttons of a check run that shows *suites*.

    What is of no pull request, or beside its verdict, is asked for by nobody.
    """
    if check.kind != "pull_request" or check.aside:
        return ()
    shown = tuple(suites)
    found = [RERUN]
    if any(map(open_rows, shown)):
        found.append(MORE)
    if any(is_blocking(row) and row.override is None for suite in shown for row in suite.findings):
        found.append(ACCEPT)
    return tuple(found)
