from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.configuration import Configuration
from engine.continued import sessions
from engine.orders import Session, Terms
from engine.plan import EarlierEvidence, PlanRequest, plan_runs, select_suites
from engine.samples import PairLaunch
from engine.values import CheckId, RepositoryName
from tests.fakes.evidence import BASE, HEAD, pairs

SUITE: dict[str, Any] = {"kind": "benchmark", "command": ["true"], "runs_on": ["linux"]}


def configured(**suites: dict[str, Any]) -> Configuration:
    document = {
        "version": 1,
        "setup": [["make"]],
        "suites": {n: {**SUITE, **s} for n, s in suites.items()},
    }
    return msgspec.convert(document, Configuration)


def requested(configuration: Configuration, **fields: Any) -> PlanRequest:
    values: dict[str, Any] = {
        "check": CheckId("c7"),
        "repository": RepositoryName("ada/strategies"),
        "configuration": configuration,
        "selected": tuple(configuration.suites),
        "base": BASE,
        "head": HEAD,
        "seed": 7,
        "entropy": "secret",
        **fields,
    }
    return PlanRequest(**values)


def launched(count: int, first: int = 0) -> tuple[PairLaunch, ...]:
    return tuple(
        msgspec.structs.replace(launch, pair=launch.pair + first)
        for launch in pairs({"a": 1.0}, noise=(0.0,) * count)
    )


@pytest.mark.parametrize(
    "paths, changed, runs",
    [
        (None, ["README.md"], True),
        (["strategies/**"], ["strategies/deep/a.py"], True),
        (["strategies/**"], ["docs/a.md"], False),
        (["**", "!docs/**"], ["docs/a.md"], False),
        (["*.py"], ["deep/down/a.py"], True),
        ([], ["a.py"], False),
        (["strategies/**"], [], False),
    ],
)
def test_a_suite_runs_when_a_changed_path_matches(
    paths: list[str] | None, changed: list[str], runs: bool
) -> None:
    configuration = configured(core={} if paths is None else {"paths": paths})

    assert select_suites(configuration, changed).selected == (("core",) if runs else ())


def test_a_suite_whose_paths_did_not_change_is_named_as_skipped() -> None:
    configuration = configured(b={"paths": ["x"]}, a={"paths": ["x"]}, c={})

    assert select_suites(configuration, ["y"]) == (("c",), ("a", "b"))


def test_a_suite_for_another_event_is_neither_selected_nor_skipped() -> None:
    configuration = configured(slow={"when": ["nightly"]})

    assert select_suites(configuration, ["y"]) == ((), ())


def test_orders_are_numbered_by_the_suites_names() -> None:
    orders = plan_runs(requested(configured(b={}, a={})))

    assert [(order.run, order.suite_name) for order in orders] == [("c7-1", "a"), ("c7-2", "b")]


def test_only_selected_suites_are_ordered() -> None:
    orders = plan_runs(requested(configured(b={}, a={}), selected=("b",)))

    assert [order.suite_name for order in orders] == ["b"]


def test_the_measuring_files_are_those_of_the_merge_base() -> None:
    (order,) = plan_runs(requested(configured(a={})))

    assert (order.measuring_from, order.base, order.head) == (BASE, BASE, HEAD)


def test_the_nonce_follows_from_entropy_that_is_not_in_the_order() -> None:
    (one,) = plan_runs(requested(configured(a={})))
    (other,) = plan_runs(requested(configured(a={}), entropy="else"))

    assert one.nonce != other.nonce
    assert "secret" not in repr(one)


def test_planning_twice_gives_the_same_orders() -> None:
    request = requested(configured(a={}, b={}))

    assert plan_runs(request) == plan_runs(request)


def test_earlier_evidence_goes_with_its_own_suite() -> None:
    begun = Terms(max_pairs=12)
    last = Session(fingerprint="f00d", launches=launched(2), terms=begun)
    first = Session(fingerprint="beef", launches=launched(1))
    evidence = EarlierEvidence((last, first))

    orders = plan_runs(requested(configured(a={}, b={}), earlier=(("b", evidence),)))

    assert [
        (len(one.earlier), one.earlier_fingerprint, one.earlier_terms, one.others) for one in orders
    ] == [(0, None, None, ()), (4, "f00d", begun, (first,))]
    assert tuple(sessions(orders[1])) == evidence.sessions


def test_every_suite_has_a_seed_of_its_own() -> None:
    one, other = plan_runs(requested(configured(a={}, b={})))

    assert one.seed != other.seed
