"""Re-runs: what was decided stays decided, on whatever is known later; machines may disagree."""

from __future__ import annotations

from math import log1p
from typing import Any

import msgspec
import pytest

from engine.certificates import CaseCertificate, Certificate
from engine.continued import continued, latest
from engine.dealing import Runner, next_round
from engine.findings import Finding, Reason, SuiteVerdict
from engine.orders import RunOrder, Session, Terms
from engine.samples import PairLaunch
from engine.stats import constants as c
from engine.stats.guard import student_t
from engine.values import Outcome
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import MACHINE, QUIET, benchmark_order, benchmarked, pairs, report

HERE = MACHINE.fingerprint
WILD = tuple(13 * wobble for wobble in QUIET)


def certificate(pair_sd: float) -> Certificate:
    case = CaseCertificate(case="a", metric="wall", pair_sd=pair_sd, sessions=6)
    return Certificate(runner="demo-1", fingerprint=HERE, cases=(case,), comparisons=100, alarms=0)


def order(**fields: Any) -> RunOrder:
    return msgspec.structs.replace(benchmark_order(), **fields)


def judged(wanted: RunOrder, launches: tuple[PairLaunch, ...] = ()) -> SuiteVerdict:
    return judge_run(wanted, RunTerms(), report(wanted, benchmarked(launches)))


def only(verdict: SuiteVerdict) -> Finding:
    (found,) = [one for one in verdict.findings if one.case == "a"]
    return found


def again(launches: tuple[PairLaunch, ...], terms: Terms | None, **fields: Any) -> RunOrder:
    return order(earlier=launches, earlier_fingerprint=HERE, earlier_terms=terms, **fields)


def test_a_path_goes_on_with_the_spreads_that_it_was_begun_with() -> None:
    launches = pairs({"a": 1.2}, noise=tuple(6 * wobble for wobble in QUIET))
    begun = Terms(certificate=certificate(0.04))
    first = judged(order(certificates=(certificate(0.04),)), launches)

    rerun = judged(again(launches, begun, certificates=(certificate(0.0001),)))

    assert first.outcome is Outcome.REGRESSION
    assert only(rerun) == only(first)


def test_without_its_terms_a_path_takes_what_is_known_now() -> None:
    launches = pairs({"a": 1.2}, noise=tuple(6 * wobble for wobble in QUIET))

    rerun = judged(again(launches, None, certificates=(certificate(0.0001),)))

    assert only(rerun).reason is Reason.NOISY


def test_max_pairs_of_a_later_declaration_does_not_change_the_path() -> None:
    launches = pairs({"a": 1.1}, noise=WILD * 3)
    wanted = benchmark_order(measure={"max_pairs": 60})
    wanted = msgspec.structs.replace(
        wanted, earlier=launches, earlier_fingerprint=HERE, earlier_terms=Terms()
    )

    found = next_round(wanted, Runner("demo-1", HERE), ())

    assert found is not None
    assert len(found.pairs) == 4


def test_a_case_that_was_screened_stays_so_where_the_suite_is_run_again() -> None:
    known = CaseCertificate(
        case="a",
        metric="wall",
        pair_sd=0.01,
        launch_sd=0.01,
        sessions=6,
        drift=0.001,
        level=0.01,
        level_launches=64,
        reference_s=0.004,
    )
    stored = msgspec.structs.replace(certificate(0.01), cases=(known,))
    screen = tuple(
        msgspec.structs.replace(
            one,
            purpose="screen",
            conditions=msgspec.structs.replace(one.conditions, reference_s=0.004),
        )
        for one in pairs({"a": 1.0}, noise=QUIET[:5])
        if one.side == "head"
    )
    first = judged(order(certificates=(stored,)), screen)

    rerun = judged(again(screen, Terms(certificate=stored)))

    assert only(first).reason is Reason.SCREENED
    assert only(rerun) == only(first)


def test_a_session_of_other_hardware_is_found_by_its_fingerprint() -> None:
    other = Session(fingerprint="other", launches=pairs({"a": 1.0}))
    wanted = again(pairs({"a": 1.0}), None, others=(other,))

    assert continued(wanted, "other") == other
    assert continued(wanted, "nobody") is None
    assert latest(wanted) == continued(wanted, HERE)


def test_green_here_and_red_on_another_machine_is_told_as_disagreement() -> None:
    other = Session(fingerprint="other", launches=pairs({"a": 1.4}))

    found = only(judged(order(others=(other,)), pairs({"a": 1.0})))

    assert (found.outcome, found.reason) == (Outcome.INCONCLUSIVE, Reason.HOSTS_DISAGREE)
    assert found.elsewhere is not None
    assert found.elsewhere.outcome is Outcome.REGRESSION


def test_red_on_both_machines_is_red() -> None:
    other = Session(fingerprint="other", launches=pairs({"a": 1.4}))

    assert judged(order(others=(other,)), pairs({"a": 1.4})).outcome is Outcome.REGRESSION


def test_what_another_machine_could_not_tell_leaves_a_row_as_it_is() -> None:
    other = Session(fingerprint="other", launches=pairs({"a": 1.1}, noise=WILD))

    assert judged(order(others=(other,)), pairs({"a": 1.4})).outcome is Outcome.REGRESSION


def test_pairs_are_numbered_on_from_those_of_every_machine() -> None:
    other = Session(fingerprint="other", launches=pairs({"a": 1.1}, noise=WILD))
    wanted = order(others=(other,))

    found = next_round(wanted, Runner("demo-1", HERE), ())

    assert found is not None
    assert [one.pair for one in found.pairs] == [12, 13, 14, 15, 16]


def test_the_family_of_the_check_holds_for_the_runner_too() -> None:
    launches = pairs({"a": 1.2}, noise=WILD)

    assert judged(order(), launches).outcome is Outcome.REGRESSION
    assert only(judged(order(family=1000), launches)).reason is Reason.FAMILY


def test_a_pass_shows_the_interval_of_the_look_that_it_was_decided_at() -> None:
    noise = tuple(28 * wobble for wobble in QUIET * 5)
    launches = pairs({"a": 1.0}, noise=noise)
    first = again(launches[:72], None)

    found = only(judged(first, launches[72:]))

    assert (found.outcome, found.pairs) == (Outcome.PASS, 40)
    assert found.deciding_high is not None
    assert found.high is not None
    assert found.change is not None
    quantiles = student_t(39, c.LONG_MISS) / student_t(39, c.REPEATED_99)
    shown, deciding = (
        log1p(end) - log1p(found.change) for end in (found.high, found.deciding_high)
    )
    assert deciding / shown == pytest.approx(quantiles)
