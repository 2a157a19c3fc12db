from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from engine.certificates import CaseCertificate, Certificate
from engine.dealing import OWN_COPY_LAUNCHES, Round, Runner, next_round
from engine.orders import RunOrder
from engine.samples import Conditions, Launch, PairLaunch
from engine.stats import constants as c
from engine.values import Better, CaseName, MetricName, Outcome, Side
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import MACHINE, benchmark_order, benchmarked, report

HERE = Runner("demo-1", MACHINE.fingerprint)


class Machine:
    """Measures what it is told to: cases by their effect, pairs with a spread, seeded."""

    def __init__(self, effects: dict[str, float], spread: float = 0.005, seed: int = 1) -> None:
        self.effects = effects
        self.spread = spread
        self.source = random.Random(seed)

    def launch(
        self, order: RunOrder, runner: Runner = HERE, at_most: int | None = None
    ) -> list[Round]:
        """Carry an order out; the launches are in ``made``."""
        self.made: list[PairLaunch] = []
        rounds: list[Round] = []
        while (wanted := next_round(order, runner, self.made, at_most)) is not None:
            rounds.append(wanted)
            assert len(rounds) < 20
            for pair in wanted.pairs:
                sides = pair.sides if wanted.purpose == "pair" else (Side.HEAD,)
                self.made += [self.one(wanted, pair.pair, side, pair.first) for side in sides]
        return rounds

    def one(self, wanted: Round, pair: int, side: Side, first: Side) -> PairLaunch:
        cases = self.effects if wanted.cases is None else wanted.cases
        return PairLaunch(
            pair=pair,
            side=side,
            first=side is first,
            wall_s=1.0,
            cpu_s=1.0,
            purpose=wanted.purpose,
            conditions=Conditions(reference_s=0.004),
            measured=tuple(self.measured(case, side) for case in cases),
        )

    def measured(self, case: str, side: Side) -> Launch:
        effect = self.effects[case] if side is Side.HEAD else 1.0
        level = 0.01 * effect * (1 + self.source.gauss(0, self.spread))
        return Launch(CaseName(case), MetricName("wall"), "s", Better.LOWER, (level,) * 6)


def strict(**fields: Any) -> RunOrder:
    order = benchmark_order(budget={"default": {"time": {"max_worsening": 0.03}}})
    return msgspec.structs.replace(order, **fields)


def test_the_first_round_is_five_pairs_of_every_case() -> None:
    wanted = next_round(strict(), HERE, ())

    assert wanted is not None
    assert ([pair.pair for pair in wanted.pairs], wanted.cases) == ([0, 1, 2, 3, 4], None)


def test_an_unchanged_quiet_suite_takes_one_round() -> None:
    assert len(Machine({"a": 1.0, "b": 1.0}).launch(strict())) == 1


def test_decided_cases_are_dropped_and_the_others_go_to_the_next_look() -> None:
    rounds = Machine({"a": 1.0, "b": 1.3}).launch(strict())

    assert [(len(one.pairs), one.cases) for one in rounds] == [(5, None), (3, ("b",))]


def test_pairs_are_numbered_on_from_round_to_round() -> None:
    rounds = Machine({"a": 1.3}).launch(strict())

    assert [pair.pair for one in rounds for pair in one.pairs] == list(range(8))


def test_what_stays_undecided_ends_with_the_last_look() -> None:
    rounds = Machine({"a": 1.03}, spread=0.05).launch(strict())

    assert [len(one.pairs) for one in rounds] == [5, 3, 4, 6, 9, 9]


def test_max_pairs_ends_it_earlier() -> None:
    order = benchmark_order(
        budget={"default": {"time": {"max_worsening": 0.03}}}, measure={"max_pairs": 20}
    )

    assert sum(len(one.pairs) for one in Machine({"a": 1.03}, 0.05).launch(order)) == 18


def test_a_continued_order_goes_on_to_sixty_pairs() -> None:
    machine = Machine({"a": 1.03}, spread=0.05)
    machine.launch(strict())
    again = strict(earlier=tuple(machine.made), earlier_fingerprint=MACHINE.fingerprint)

    rounds = machine.launch(again)

    numbers = [pair.pair for one in rounds for pair in one.pairs]
    assert ([len(one.pairs) for one in rounds], numbers) == ([4, 20], list(range(36, 60)))


def test_sixty_pairs_are_not_continued() -> None:
    machine = Machine({"a": 1.03}, spread=0.05)
    machine.launch(strict())
    earlier = tuple(machine.made)
    machine.launch(strict(earlier=earlier, earlier_fingerprint=MACHINE.fingerprint))
    full = strict(earlier=(*earlier, *machine.made), earlier_fingerprint=MACHINE.fingerprint)

    assert next_round(full, HERE, ()) is None


def test_what_was_decided_before_is_not_launched_again() -> None:
    machine = Machine({"a": 1.3})
    machine.launch(strict())

    assert (
        next_round(
            strict(earlier=tuple(machine.made), earlier_fingerprint=MACHINE.fingerprint), HERE, ()
        )
        is None
    )


def test_pairs_of_another_machine_are_not_counted_yet_their_numbers_are_not_used_again() -> None:
    machine = Machine({"a": 1.3})
    machine.launch(strict())
    order = strict(earlier=tuple(machine.made), earlier_fingerprint="another")

    wanted = next_round(order, HERE, ())

    assert wanted is not None
    assert [pair.pair for pair in wanted.pairs] == [8, 9, 10, 11, 12]


def test_a_coin_decides_which_side_goes_first() -> None:
    wanted = next_round(strict(seed=2), HERE, ())

    assert wanted is not None
    assert {pair.first for pair in wanted.pairs} == set(Side)


def test_both_sides_of_a_pair_are_launched_with_one_seed_of_its_own() -> None:
    wanted = next_round(strict(), HERE, ())

    assert wanted is not None
    assert all(set(pair.sides) == set(Side) for pair in wanted.pairs)
    assert len({pair.seed for pair in wanted.pairs}) == 5


def screening(*cases: str, **fields: Any) -> RunOrder:
    known = tuple(
        CaseCertificate(
            case=case,
            metric="wall",
            pair_sd=0.005,
            launch_sd=0.005,
            sessions=6,
            drift=0.001,
            level=0.01,
            level_launches=64,
            reference_s=0.004,
        )
        for case in cases
    )
    certificate = Certificate(
        runner=HERE.name,
        fingerprint=HERE.fingerprint,
        cases=known,
        comparisons=10,
        alarms=0,
        **fields,
    )
    return strict(certificates=(certificate,))


def test_on_a_certified_runner_head_is_screened_first() -> None:
    rounds = Machine({"a": 1.0, "b": 1.0}).launch(screening("a", "b"))

    assert [(one.purpose, len(one.pairs)) for one in rounds] == [("screen", 5)]


def test_only_suspects_of_the_screen_are_paired() -> None:
    rounds = Machine({"a": 1.0, "b": 1.3}).launch(screening("a", "b"))

    assert [(one.purpose, one.cases) for one in rounds] == [
        ("screen", None),
        ("pair", ("b",)),
        ("pair", ("b",)),
    ]


def test_a_screened_case_passes_with_its_interval() -> None:
    machine = Machine({"a": 1.0, "b": 1.3})
    order = screening("a", "b")
    machine.launch(order)

    verdict = judge_run(order, RunTerms(), report(order, benchmarked(machine.made)))

    rows = {one.case: one for one in verdict.findings}
    assert rows["a"].reason.value == "screened"
    assert rows["a"].low is not None
    assert rows["b"].outcome is Outcome.REGRESSION
    assert (verdict.expected, verdict.measured) == (2, 2)


def test_a_case_without_a_stored_level_is_a_suspect() -> None:
    rounds = Machine({"a": 1.0, "new": 1.0}).launch(screening("a"))

    assert [one.cases for one in rounds] == [None, ("new",)]


@pytest.mark.parametrize("runner", [Runner("other", HERE.fingerprint), Runner(HERE.name, "f00d")])
def test_the_certificate_of_another_runner_screens_nothing(runner: Runner) -> None:
    wanted = next_round(screening("a"), runner, ())

    assert wanted is not None
    assert wanted.purpose == "pair"


def test_a_quarantined_runner_screens_nothing() -> None:
    wanted = next_round(screening("a", quarantined=True), HERE, ())

    assert wanted is not None
    assert wanted.purpose == "pair"


def test_where_measuring_files_changed_head_is_measured_with_its_own_in_the_end() -> None:
    rounds = Machine({"a": 1.0}).launch(strict(measuring_changed=("bench.py",)))

    assert [(one.purpose, len(one.pairs)) for one in rounds] == [
        ("pair", c.MIN_PAIRS),
        ("own_copy", OWN_COPY_LAUNCHES),
    ]


def test_an_order_of_some_cases_launches_those_alone() -> None:
    rounds = Machine({"a": 1.3, "b": 1.3}).launch(strict(cases=("b",)))

    assert {one.cases for one in rounds} == {("b",)}


def test_dealing_and_judging_agree_on_what_is_decided() -> None:
    machine = Machine({f"c{n}": 1 + n / 100 for n in range(8)}, spread=0.02, seed=5)
    order = strict()
    machine.launch(order)

    verdict = judge_run(order, RunTerms(), report(order, benchmarked(machine.made)))

    looks = set(c.SHORT.looks)
    assert all(one.pairs in looks for one in verdict.findings if not one.whole_suite)
    undecided = [one for one in verdict.findings if one.outcome is Outcome.INCONCLUSIVE]
    assert all(one.pairs == c.SHORT.last for one in undecided)


def test_a_case_that_head_loses_for_good_does_not_keep_the_rounds_going() -> None:
    class Losing(Machine):
        def one(self, wanted: Round, pair: int, side: Side, first: Side) -> PairLaunch:
            launch = super().one(wanted, pair, side, first)
            gone = side is Side.HEAD and pair >= 5
            return msgspec.structs.replace(launch, measured=()) if gone else launch

    rounds = Losing({"a": 1.03}, spread=0.05).launch(strict())

    assert sum(len(one.pairs) for one in rounds) == c.SHORT.last


def judged(order: RunOrder, made: list[PairLaunch]) -> dict[str, tuple[Outcome, int | None]]:
    verdict = judge_run(order, RunTerms(), report(order, benchmarked(made)))
    return {one.case: (one.outcome, one.pairs) for one in verdict.findings if one.case}


def first_pair_of(order: RunOrder, machine: Machine) -> list[PairLaunch]:
    wanted = next_round(order, HERE, ())
    assert wanted is not None
    (pair, *_) = wanted.pairs
    return [machine.one(wanted, pair.pair, side, pair.first) for side in pair.sides]


def test_where_time_is_short_a_part_is_dealt_until_it_is_decided_and_then_the_next() -> None:
    machine, order = Machine({f"c{n}": 1.0 for n in range(5)}), strict()
    made, parts = first_pair_of(order, machine), []
    while (wanted := next_round(order, HERE, made, 2)) is not None:
        parts.append(set(wanted.cases or ()))
        assert len(wanted.pairs) == 4
        for pair in wanted.pairs:
            made += [machine.one(wanted, pair.pair, side, pair.first) for side in pair.sides]

    assert sorted(map(len, parts)) == [1, 2, 2]
    assert set.union(*parts) == {f"c{n}" for n in range(5)}
    assert set(judged(order, made).values()) == {(Outcome.PASS, 5)}


def test_a_part_is_drawn_by_the_orders_seed() -> None:
    machine = Machine({f"c{n}": 1.0 for n in range(8)})
    parts = set()
    for seed in range(6):
        order = strict(seed=seed)
        wanted = next_round(order, HERE, first_pair_of(order, machine), 2)
        assert wanted is not None
        parts.add(wanted.cases)

    assert len(parts) > 2


def test_after_parts_a_continued_order_deals_to_each_case_up_to_its_own_next_look() -> None:
    machine, order = Machine({f"c{n}": 1.0 for n in range(40)}), strict()
    made = first_pair_of(order, machine)
    while len({one.pair for one in made}) < 70:
        wanted = next_round(order, HERE, made, 2)
        assert wanted is not None
        for pair in wanted.pairs:
            made += [machine.one(wanted, pair.pair, side, pair.first) for side in pair.sides]
    again = strict(earlier=tuple(made), earlier_fingerprint=MACHINE.fingerprint)

    rest = next_round(again, HERE, ())

    assert rest is not None
    open_ = {case for case, (_, pairs) in judged(order, made).items() if pairs == 1}
    assert (set(rest.cases or ()), len(rest.pairs)) == (open_, 4)
