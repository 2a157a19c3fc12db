"""What a launch's process says of itself, in the words of the report."""

from __future__ import annotations

import msgspec
import pytest

from engine.process_caveats import called, process_caveats
from engine.samples import Conditions, PairLaunch
from engine.series import collect
from engine.values import Side
from tests.fakes.evidence import pairs

USUAL = Conditions(cpus=(1,), cpus_at_end=(1,), collector=(700, 10, 10))


def under(base: Conditions, head: Conditions) -> tuple[PairLaunch, ...]:
    conditions = {Side.BASE: base, Side.HEAD: head}
    return tuple(
        msgspec.structs.replace(launch, conditions=conditions[launch.side])
        for launch in pairs({"a": 1.0, "b": 1.0})
    )


def calling(launches: tuple[PairLaunch, ...], scale: float) -> tuple[PairLaunch, ...]:
    """Make the launches our own harness's, of calls *scale* times as long."""
    return tuple(
        msgspec.structs.replace(
            launch,
            measured=tuple(
                msgspec.structs.replace(
                    one, inner=1000, samples=tuple(scale * sample for sample in one.samples)
                )
                for one in launch.measured
            ),
        )
        for launch in launches
    )


def caveats(launches: tuple[PairLaunch, ...]) -> tuple[str, ...]:
    return tuple(process_caveats(launches, collect(launches), called(launches)))


def test_of_a_usual_process_nothing_is_said() -> None:
    assert caveats(calling(under(USUAL, USUAL), 1.0)) == ()


@pytest.mark.parametrize("collector, said", [((), "off on head"), ((5, 5, 5), "5, 5, 5 on head")])
def test_a_collector_that_one_side_sets_is_told(collector: tuple[int, ...], said: str) -> None:
    head = msgspec.structs.replace(USUAL, collector=collector)
    (caveat,) = caveats(under(USUAL, head))

    assert "700, 10, 10 on the merge base" in caveat
    assert said in caveat


def test_a_collector_that_nobody_has_seen_is_not_told() -> None:
    assert caveats(under(USUAL, Conditions())) == ()


@pytest.mark.parametrize("side, named", [(Side.BASE, "the merge base"), (Side.HEAD, "head")])
def test_a_process_that_left_its_cpus_is_told_with_its_side(side: Side, named: str) -> None:
    moved = msgspec.structs.replace(USUAL, cpus_at_end=(0, 1))
    found = {Side.BASE: USUAL, Side.HEAD: USUAL} | {side: moved}
    (caveat,) = caveats(under(found[Side.BASE], found[Side.HEAD]))

    assert caveat == f"the code of {named} moved its process to other CPUs than it was given"


def test_calls_of_less_than_100_ns_are_told_by_name() -> None:
    (caveat,) = caveats(calling(under(USUAL, USUAL), 8e-6))  # cases of 80 and of 160 ns

    assert caveat.startswith("a call of a takes less than 100 ns")


def test_short_samples_of_another_tool_are_not_told() -> None:
    launches = tuple(
        msgspec.structs.replace(
            launch,
            measured=tuple(msgspec.structs.replace(one, inner=None) for one in launch.measured),
        )
        for launch in calling(under(USUAL, USUAL), 1e-6)
    )
    assert caveats(launches) == ()
