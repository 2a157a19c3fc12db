"""What is said of the high-water mark: where the base comes from, and whose losses add up."""

from __future__ import annotations

from collections.abc import Iterator

from engine.debts import Debt, DebtKind, Loss
from engine.high_water import HighWater
from engine.reports import figures
from engine.reports.escape import code, inline
from engine.reports.wording import SHA

_KINDS = {
    DebtKind.SMALL: "real but small",
    DebtKind.AT_THE_BUDGET: "at the budget",
    DebtKind.OVER_BUDGET: "over the budget, and merged",
    DebtKind.ACCEPTED: "accepted",
}
_NO_LEDGER = "No ledger is kept here, so the pull requests that contributed cannot be named."
_NO_LOSS = "The ledger holds no loss of what came in since."


def high_water_lines(mark: HighWater) -> tuple[str, ...]:
    """Say in Markdown where the base comes from, then each series' recorded losses.

    The table's change is the whole of it, as the pairs measured it; the ledger names what is
    known of its parts, which were measured one by one, each with its own interval.
    """
    return (_origin(mark), *_differences(mark), *_ledger(mark))


def debt_text(debt: Debt) -> str:
    """Say one loss: whose it is, how large, and why it did not stop the merge."""
    return f"PR {debt.pull_request}: {_change(debt)}, {_KINDS[debt.kind]}"


def loss_title(loss: Loss) -> str:
    """Say what the recorded losses of one series come to, and on which hardware."""
    of = f"{code(loss.suite)} · {code(loss.case)} ({inline(loss.metric)}"
    return f"{of}, on {loss.fingerprint[:8]}): recorded losses come to {_change(loss)}"


def _origin(mark: HighWater) -> str:
    age = "of unknown age" if mark.age_days is None else f"{_days(mark.age_days)} old"
    return (
        f"Base {mark.commit[:SHA]} is the origin of the baseline {code(mark.baseline)}: recorded "
        f"{inline(mark.recorded)}, {age}, {_since(mark)}."
    )


def _since(mark: HighWater) -> str:
    if mark.commits is None:
        return "an unknown number of commits before this head"
    count = "1 commit" if mark.commits == 1 else f"{mark.commits} commits"
    return f"{count} before this head" if mark.descends else f"which lacks {count} of this head"


def _differences(mark: HighWater) -> Iterator[str]:
    if not mark.descends:
        yield (
            "This head does not descend from the origin: the change is between two branches, and "
            "not what came in since."
        )
    if mark.other_budgets:
        names = ", ".join(map(code, mark.other_budgets))
        yield f"Judged by today's budgets of the default branch; the origin's differ for {names}."


def _ledger(mark: HighWater) -> Iterator[str]:
    if mark.losses is None:
        yield _NO_LEDGER
    elif not mark.losses:
        yield _NO_LOSS
    for loss in mark.losses or ():
        yield loss_title(loss)
        yield from (f"- {debt_text(debt)}" for debt in loss.debts)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _change(found: Debt | Loss) -> str:
    shown = [figures.percent(one) for one in (found.change, found.low, found.high)]
    return f"{shown[0]} % ({shown[1]} to {shown[2]} %)"
