"""What our own harness's processes say of themselves that weakens their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.samples import PairLaunch
from engine.series import Key, Series
from engine.values import Side

LEAST_CALL_S = 100e-9  # the loop around one call takes about 20 ns
_NAMED = 3
_SIDES = {Side.BASE: "the merge base", Side.HEAD: "head"}


def process_caveats(
    launches: Sequence[PairLaunch], series: Mapping[Key, Series], calls: Iterable[str]
) -> Iterator[str]:
    """Say where code set its process up anew for all cases, and which cases are very short.

    *calls* are the cases that are called many times a sample, so that the loop counts.
    """
    yield from _collectors(launches)
    yield from _moved(launches)
    yield from _short(series, calls)


def called(launches: Iterable[PairLaunch]) -> set[str]:
    """Name the cases whose samples are of many calls each."""
    return {str(one.case) for launch in launches for one in launch.measured if one.inner}


def _collectors(launches: Sequence[PairLaunch]) -> Iterator[str]:
    found: dict[Side, set[tuple[int, ...]]] = {side: set() for side in Side}
    for launch in launches:
        if launch.conditions.collector is not None:
            found[launch.side].add(launch.conditions.collector)
    base, head = (found[side] for side in (Side.BASE, Side.HEAD))
    if base and head and base != head:
        yield (
            "the code sets Python's garbage collector for all cases, and not alike: "
            f"{_collector(base)} on the merge base, {_collector(head)} on head"
        )


def _collector(found: set[tuple[int, ...]]) -> str:
    said = (", ".join(map(str, one)) if one else "off" for one in sorted(found))
    return " or ".join(said)


def _moved(launches: Sequence[PairLaunch]) -> Iterator[str]:
    for side in Side:
        if any(launch.side is side and _is_moved(launch) for launch in launches):
            yield f"the code of {_SIDES[side]} moved its process to other CPUs than it was given"


def _is_moved(launch: PairLaunch) -> bool:
    given, found = launch.conditions.cpus, launch.conditions.cpus_at_end
    return given is not None and found is not None and sorted(given) != sorted(found)


def _short(series: Mapping[Key, Series], calls: Iterable[str]) -> Iterator[str]:
    short = sorted(case for case in calls if _least(series, case) < LEAST_CALL_S)
    if short:
        more = f" and {len(short) - _NAMED} more" if len(short) > _NAMED else ""
        yield (
            f"a call of {', '.join(short[:_NAMED])}{more} takes less than 100 ns, of which the "
            "harness's own loop is a good part: let a case do its work many times"
        )


def _least(series: Mapping[Key, Series], case: str) -> float:
    one = series.get(Key(case, "wall"))
    found = () if one is None else one.samples[Side.BASE].values()
    return min((min(samples) for samples in found), default=LEAST_CALL_S)
