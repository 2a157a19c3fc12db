from __future__ import annotations

import math
import random
from collections import Counter

import msgspec
import numpy as np
import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from engine.findings import SuiteVerdict
from engine.gates import worsenings
from engine.outcomes import severity
from engine.reports.check import render_rollup
from engine.reports.comment import MAX_COMMENT, Links, needs_comment, render_comment
from engine.samples import MAX_SAMPLE, Launch, PairLaunch
from engine.stats import constants as c
from engine.stats.guard import IMPROVEMENT, PASS, REGRESSION, UNDECIDED, Comparisons, decide_all
from engine.values import Better, CaseName, MetricName, Outcome, Side
from engine.verdicts import RunTerms, judge_check, judge_run
from tests.fakes.evidence import benchmark_order, benchmarked, facts, report

MIRRORED = {Outcome.REGRESSION: Outcome.IMPROVEMENT, Outcome.IMPROVEMENT: Outcome.REGRESSION}

RATIOS = (0.5, 0.9, 1.0, 1.05, 1.1, 1.5)
SETTLED = (Outcome.PASS, Outcome.IMPROVEMENT, Outcome.REGRESSION, Outcome.INCONCLUSIVE)
CASES = st.sampled_from(["a", "b", "@c|`", "</details>"])
NOISES = (0.0, 0.005, 0.02, 0.2)
COUNTS = st.integers(1, 24)

positive = st.floats(min_value=1e-9, max_value=1e9)
levels = st.lists(positive, min_size=1, max_size=24)
budgets = st.floats(min_value=0.001, max_value=2.0)
directions = st.sampled_from(Better)
texts = st.text(max_size=60)


@st.composite
def coherent(draw: st.DrawFn, count: st.SearchStrategy[int] = COUNTS) -> list[tuple[float, float]]:
    """Draw pairs of one ratio and one level of noise, as a machine gives them."""
    level, ratio = draw(st.floats(1e-6, 1e6)), draw(st.sampled_from(RATIOS) | st.floats(0.2, 5.0))
    noise = draw(st.sampled_from(NOISES))
    source = random.Random(draw(st.integers(0, 2**32)))
    return [made(source, level, ratio, noise) for _ in range(draw(count))]


def made(source: random.Random, level: float, ratio: float, noise: float) -> tuple[float, float]:
    base, head = (level * math.exp(source.gauss(0.0, noise)) for _ in Side)
    return base, head * ratio


paired = coherent() | st.lists(st.tuples(positive, positive), min_size=1, max_size=24)


CODES = {
    REGRESSION: Outcome.REGRESSION,
    IMPROVEMENT: Outcome.IMPROVEMENT,
    PASS: Outcome.PASS,
    UNDECIDED: Outcome.INCONCLUSIVE,
}


def decided(
    pairs: list[tuple[float, float]],
    budget: float,
    better: Better = Better.LOWER,
    *,
    stored: float = math.nan,
    path: c.Path = c.SHORT,
) -> tuple[Outcome, float, float]:
    """Decide pairs of levels; gives also the ends of the 99 % interval, positive for worse."""
    base, head = zip(*pairs, strict=True)
    row = worsenings(base, head, better)
    assert row is not None
    rows = Comparisons(np.array([row]), np.array([math.log1p(budget)]), np.array([stored]))
    found = decide_all(rows, path)
    half = float(found.half_width(c.REPEATED_99)[0])
    effect = float(found.effect[0])
    return CODES[int(found.outcome[0])], effect - half, effect + half


def outcome(pairs: list[tuple[float, float]], budget: float, better: Better) -> Outcome:
    return decided(pairs, budget, better)[0]


@given(levels, budgets, directions)
def test_identical_samples_never_regress(same: list[float], budget: float, better: Better) -> None:
    assert outcome([(one, one) for one in same], budget, better) in {
        Outcome.PASS,
        Outcome.INCONCLUSIVE,
    }


@given(paired, budgets, directions)
def test_swapping_base_and_head_mirrors_the_outcome(
    pairs: list[tuple[float, float]], budget: float, better: Better
) -> None:
    swapped = [(head, base) for base, head in pairs]
    found = outcome(pairs, budget, better)
    event(found)

    assert outcome(swapped, budget, better) is MIRRORED.get(found, found)


@given(paired, budgets)
def test_the_direction_of_a_metric_mirrors_the_outcome(
    pairs: list[tuple[float, float]], budget: float
) -> None:
    lower = outcome(pairs, budget, Better.LOWER)
    event(lower)

    assert outcome(pairs, budget, Better.HIGHER) is MIRRORED.get(lower, lower)


@given(coherent(), budgets, directions, st.integers(-40, 40))
def test_the_scale_of_a_unit_changes_nothing(
    pairs: list[tuple[float, float]], budget: float, better: Better, power: int
) -> None:
    # Powers of two, so that scaling itself does not round.
    scaled = [(b * 2.0**power, h * 2.0**power) for b, h in pairs]
    found = decided(pairs, budget, better)
    assume(all(abs(abs(end) - math.log1p(budget)) > 1e-9 for end in found[1:]))

    assert outcome(scaled, budget, better) is found[0]


@given(paired, budgets, st.floats(min_value=1.0, max_value=5.0), directions)
def test_a_looser_budget_never_worsens_the_outcome(
    pairs: list[tuple[float, float]], budget: float, looser: float, better: Better
) -> None:
    worse = {Outcome.REGRESSION: 2, Outcome.INCONCLUSIVE: 1}
    found, again = outcome(pairs, budget, better), outcome(pairs, budget * looser, better)
    event(found)

    if found is Outcome.IMPROVEMENT:  # which a looser budget may leave open, never deny
        assert again is not Outcome.REGRESSION
    else:
        assert worse.get(again, 0) <= worse.get(found, 0)


@given(paired, budgets, st.sampled_from([math.nan, 0.005, 0.05]))
def test_a_regression_is_never_shown_with_an_interval_under_its_budget(
    pairs: list[tuple[float, float]], budget: float, stored: float
) -> None:
    found, low, high = decided(pairs, budget, stored=stored)
    event(found)

    if found is Outcome.REGRESSION:
        assert low > 0
        assert high > math.log1p(budget)


@given(coherent(st.just(60)), budgets)
def test_going_on_never_changes_what_was_decided(
    pairs: list[tuple[float, float]], budget: float
) -> None:
    first = decided(pairs[:36], budget, path=c.SHORT)
    event(first[0])

    again = decided(pairs, budget, path=c.CONTINUED)

    if first[0] is not Outcome.INCONCLUSIVE:
        assert again == first


@pytest.mark.parametrize("better", Better)
@pytest.mark.parametrize("seed", range(5))
def test_coherent_evidence_reaches_every_outcome(better: Better, seed: int) -> None:
    source = random.Random(seed)
    found = Counter(
        outcome([made(source, 0.01, ratio, noise) for _ in range(36)], 0.1, better)
        for ratio in RATIOS
        for noise in NOISES
    )

    assert min(found[one] for one in SETTLED) >= 2


@given(coherent(st.just(12)), budgets, directions)
def test_the_outcome_is_that_of_the_effect_where_there_is_no_noise(
    pairs: list[tuple[float, float]], budget: float, better: Better
) -> None:
    quiet = [(1.0, pairs[0][1] / pairs[0][0])] * 12
    effect, limit = math.log(quiet[0][1]), math.log1p(budget)
    worse = effect if better is Better.LOWER else -effect
    assume(abs(abs(worse) - limit) > 1e-9)
    expected = Outcome.PASS if abs(worse) < limit else Outcome.REGRESSION
    if worse < -limit:
        expected = Outcome.IMPROVEMENT
    event(expected)

    assert outcome(quiet, budget, better) is expected


def measured(
    units: st.SearchStrategy[str], sample: st.SearchStrategy[float]
) -> st.SearchStrategy[Launch]:
    return st.builds(
        Launch,
        case=CASES.map(CaseName),
        metric=st.sampled_from(["wall", "rate"]).map(MetricName),
        unit=units,
        better=directions,
        samples=st.lists(sample, min_size=1, max_size=3).map(tuple),
    )


wild = st.lists(
    st.builds(
        PairLaunch,
        pair=st.integers(0, 13),
        side=st.sampled_from(Side),
        first=st.booleans(),
        wall_s=st.floats(0, 1e3),
        cpu_s=st.floats(0, 1e3),
        measured=st.lists(
            measured(st.sampled_from(["s", "B", "x|y"]), st.floats(-MAX_SAMPLE, MAX_SAMPLE)),
            max_size=3,
        ).map(tuple),
    ),
    max_size=30,
)


@st.composite
def tame(draw: st.DrawFn) -> list[PairLaunch]:
    """Draw whole pairs of a few cases, each with a ratio of its own, some lost on a side."""
    source = random.Random(draw(st.integers(0, 2**32)))
    ratios = draw(st.dictionaries(CASES, st.sampled_from(RATIOS), min_size=1, max_size=3))
    noise, gaps = draw(st.sampled_from(NOISES)), draw(st.sampled_from((0.0, 0.0, 0.05)))
    found = []
    for pair in range(draw(COUNTS)):
        levels = {case: made(source, 0.01, ratio, noise) for case, ratio in ratios.items()}
        for place, side in enumerate(Side):
            kept = {case: both[place] for case, both in levels.items() if source.random() >= gaps}
            found.append(launched(pair, side, kept))
    return found


def launched(pair: int, side: Side, levels: dict[str, float]) -> PairLaunch:
    return PairLaunch(
        pair=pair,
        side=side,
        first=side is Side.BASE,
        wall_s=1.0,
        cpu_s=1.0,
        measured=tuple(
            Launch(CaseName(case), MetricName("wall"), "s", Better.LOWER, (level,))
            for case, level in levels.items()
        ),
    )


launches = tame() | wild


def judged(found: list[PairLaunch], listed: tuple[str, ...] | None = None) -> SuiteVerdict:
    order = benchmark_order()
    return judge_run(order, RunTerms(), report(order, benchmarked(found, listed_base=listed)))


@given(launches, st.none() | st.lists(texts, max_size=4).map(tuple))
def test_any_evidence_is_judged_and_rendered_without_an_error(
    found: list[PairLaunch], listed: tuple[str, ...] | None
) -> None:
    verdict = judge_check(facts(), (judged(found, listed),))
    event(verdict.outcome)

    comment = render_comment(verdict, Links())
    assert len(comment) <= MAX_COMMENT
    assert len(comment.splitlines()[1]) <= 80
    assert render_rollup(verdict).title
    assert needs_comment(verdict, "on_change") or verdict.outcome is Outcome.PASS


@given(launches)
def test_green_needs_a_comparison_of_every_expected_case(found: list[PairLaunch]) -> None:
    verdict = judged(found)
    event(verdict.outcome)

    if severity(verdict) <= 1:
        assert verdict.measured == verdict.expected
        assert verdict.measured


@given(launches)
def test_the_order_of_launches_and_cases_is_irrelevant(found: list[PairLaunch]) -> None:
    once = list({(one.pair, one.side): one for one in found}.values())
    turned = [msgspec.structs.replace(one, measured=one.measured[::-1]) for one in once[::-1]]

    assert judged(turned).findings == judged(once).findings
