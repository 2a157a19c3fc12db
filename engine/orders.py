"""What crosses the queue: an order to a runner, and the report that comes back."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.backtest.leaks import Canary
from engine.certificates import Certificate
from engine.configuration import Argv, Measure, Suite
from engine.mounts import Fingerprints
from engine.platforms import Machine
from engine.samples import Bounded, PairLaunch
from engine.sweep.rows import PointResult
from engine.values import CommitSha, RepositoryName, RunId, Side, SuiteName

Sha = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{40}$(?!\n)")]
Identifier = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,95}$(?!\n)")]

TimeCap = Literal["max_minutes", "timeout_s"]

MAX_REPORT_BYTES = 64 * 1024 * 1024
MAX_TAIL_CHARACTERS = 2000  # of what one failed case said


class Ranking(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the rows of a sweep are ranked by: the budget's metric, and its better direction."""

    metric: str
    mode: Literal["max", "min"]


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a path of looks was begun with, and goes on with whatever is known later.

    ``certificate`` is the runner's, None where it had none; ``max_pairs`` the suite's.
    """

    certificate: Certificate | None = None
    dedicated: bool = False
    max_pairs: Annotated[int, msgspec.Meta(ge=1)] = Measure().max_pairs


class Session(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Evidence of a commit pair from hardware of one fingerprint: its pairs, and its screen."""

    fingerprint: str
    launches: tuple[PairLaunch, ...]
    terms: Terms | None = None  # None: not known; those of the order that continues it


class RunOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Measure *suite* for one commit pair. All a runner needs; nothing secret."""

    schema_version: Literal[1] = 1
    run: Identifier
    nonce: Identifier
    repository: RepositoryName
    suite_name: SuiteName
    suite: Suite
    setup: tuple[Argv, ...]
    base: Sha
    head: Sha
    measuring_from: Sha  # the commit whose measuring files are laid over both trees
    seed: int
    earlier: tuple[PairLaunch, ...] = ()  # evidence of this very pair that is continued
    earlier_fingerprint: str | None = None  # of the hardware that measured it
    earlier_terms: Terms | None = None  # that it was begun with
    others: tuple[Session, ...] = ()  # of other hardware
    family: Annotated[int, msgspec.Meta(ge=0)] = 0  # comparisons of the check, as far as known
    ranking: Ranking | None = None  # by the target's budget; None: the suite has no budget file
    purpose: Literal["check", "null"] = "check"  # null: base is head, to measure our own alarms
    cases: tuple[Annotated[str, Bounded], ...] | None = None  # only these; None: all
    certificates: tuple[Certificate, ...] = ()  # of runners that may take the order
    suites_of_check: Annotated[int, msgspec.Meta(ge=1)] = 1  # orders that share one family
    measuring_changed: tuple[str, ...] = ()  # measuring files of the base that head changes
    confirms: Identifier | None = None  # the run whose regressions are measured a second time
    not_on: tuple[str, ...] = ()  # hardware fingerprints or names of runners that may not take it


class CaseFailure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A case that failed on *side*, and is not measured from there on.

    ``ending`` says how, as a verb; without it, it failed. ``tail`` is the end of what it said.
    """

    case: Annotated[str, Bounded]
    side: Side
    tail: Annotated[str, msgspec.Meta(max_length=MAX_TAIL_CHARACTERS)] = ""
    ending: Annotated[str, msgspec.Meta(max_length=MAX_TAIL_CHARACTERS)] = ""


class BenchmarkEvidence(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="benchmark"
):
    """Raw samples of interleaved pairs; *listed* is what ``list`` named on each side.

    *cut_short*: the time was up during a pair, which is left out. *failed* are single cases; what
    they measured before is among the launches. *stopped_by* is the suite's key that ended it
    before all was decided.
    """

    launches: tuple[PairLaunch, ...]
    listed_base: tuple[Annotated[str, Bounded], ...] | None = None
    listed_head: tuple[Annotated[str, Bounded], ...] | None = None
    cut_short: bool = False
    failed: tuple[CaseFailure, ...] = ()
    stopped_by: TimeCap | None = None


class PointReturns(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Daily returns of one point on one side, by ascending date; fractions."""

    side: Side
    id: str
    seed: int
    fold: int | None = None
    dates: tuple[str, ...]
    values: tuple[float, ...]


class Trials(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the Deflated Sharpe Ratio needs to know of head's whole sweep.

    ``points`` succeeded; ``effective`` is their effective number by the correlation of their
    returns, ``sharpe_sd`` the standard deviation of their Sharpe ratios a day.
    """

    points: int
    effective: float
    sharpe_sd: float


class SweepEvidence(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="sweep"
):
    """All rows of the same sweep on both commits, and what is ranked by.

    *canary* is of head's strategy with the configuration that it selects, *canary_base* of the
    merge base's with its own; None: not tried.
    """

    metric: str
    mode: Literal["max", "min"]
    base: tuple[PointResult, ...]
    head: tuple[PointResult, ...]
    returns: tuple[PointReturns, ...] = ()  # of what is judged by its returns; not of every point
    rerun: tuple[PointResult, ...] = ()  # base's selected configuration, a second time
    rerun_head: tuple[PointResult, ...] = ()  # on head: the same one, and what head itself selects
    trials: Trials | None = None  # how many looks head's sweep was
    canary: Canary | None = None
    canary_base: Canary | None = None


class CommandResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a command ended on one side: its status (negative: the signal), and its last words."""

    exit_status: int
    timed_out: bool
    wall_s: float | None  # None: its guard died with it, and nobody measured
    tail: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether it ended by itself with status 0."""
        return self.exit_status == 0 and not self.timed_out


class CommandEvidence(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="command"
):
    """How the same command ended on both commits."""

    base: CommandResult
    head: CommandResult


Evidence = BenchmarkEvidence | SweepEvidence | CommandEvidence


class Failure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why nothing (more) could be measured.

    ``blame`` is ``candidate`` for the repository's own code and ``input`` for a file it
    wrote or declared wrongly; both conclude the check, as does ``time``, which was up before
    anything was compared (``tail`` says by how much). ``runner`` is ours: infrastructure.
    ``ending`` says how *step* ended, as a verb; without it, it failed.
    """

    blame: Literal["candidate", "input", "runner", "time"]
    step: str
    ending: str = ""
    side: Side | None = None
    tail: str = ""


class RunReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one runner measured for one order; raw, so that the bot can decide anew."""

    schema_version: Literal[1] = 1
    run: Identifier
    nonce: Identifier
    runner: str
    machine: Machine
    started_utc: str
    finished_utc: str
    evidence: Evidence | None
    failure: Failure | None = None
    caveats: tuple[str, ...] = ()
    dedicated: bool = False  # the runner's operator says that nothing else runs there
    data: Fingerprints = {}  # what was in the data mounts that it was measured on


__all__ = [
    "MAX_REPORT_BYTES",
    "MAX_TAIL_CHARACTERS",
    "BenchmarkEvidence",
    "CaseFailure",
    "CommandEvidence",
    "CommandResult",
    "CommitSha",
    "Evidence",
    "Failure",
    "Ranking",
    "RunId",
    "RunOrder",
    "RunReport",
    "SweepEvidence",
    "TimeCap",
]
