"""Findings of a command suite: only how the command ended counts, head beside merge base."""

from __future__ import annotations

from dataclasses import dataclass

from engine.findings import Finding, Reason
from engine.orders import CommandEvidence, CommandResult
from engine.values import Outcome, Side

METHOD = "exit status of one run on each commit"


@dataclass(frozen=True, slots=True)
class CommandJudgement:
    """The finding, and the last words of the side that it is about."""

    finding: Finding
    output_tail: str = ""


def judge_command(suite: str, evidence: CommandEvidence) -> CommandJudgement:
    """Judge by head's exit status alone.

    A head that fails where the merge base succeeds is an error of the candidate; where both
    fail, nothing can be said of the change: no verdict.
    """
    base, head = evidence.base, evidence.head
    if head.succeeded:
        return CommandJudgement(_succeeded(suite, base))
    if base.succeeded:
        finding = Finding(
            case="",
            metric="",
            outcome=Outcome.ERROR,
            reason=Reason.FAILED,
            step="command",
            ending=_said(head),
            side=Side.HEAD,
        )
        return CommandJudgement(finding, head.tail)
    finding = Finding(
        case="",
        metric="",
        outcome=Outcome.NO_VERDICT,
        reason=Reason.BASE_FAILED,
        step="command",
        ending=_said(base),
        side=Side.BASE,
        caveats=(f"on head it {_said(head)}",),
    )
    return CommandJudgement(finding, base.tail)


def ending(exit_status: int, wall_s: float | None, *, timed_out: bool) -> str:
    """Say how a command ended, as a verb.

    >>> ending(3, 1.0, timed_out=False), ending(-9, 1.0, timed_out=False)
    ('ended with status 3', 'was killed by signal 9')
    """
    if timed_out:
        after = "" if wall_s is None else f" after {wall_s:.0f} s"
        return f"was stopped{after}: its time was up"
    if exit_status < 0:
        return f"was killed by signal {-exit_status}"
    return f"ended with status {exit_status}"


def _succeeded(suite: str, base: CommandResult) -> Finding:
    caveats = () if base.succeeded else (f"on the merge base it {_said(base)}",)
    return Finding(
        case=suite,
        metric="",
        outcome=Outcome.PASS,
        reason=Reason.SUCCEEDED,
        caveats=caveats,
    )


def _said(result: CommandResult) -> str:
    return ending(result.exit_status, result.wall_s, timed_out=result.timed_out)
