"""Which suites a wish has measured: by event, tier, name and tag."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.checks.request import Wish
from bot.checks.wished import choose, with_pairs
from bot.store.checks import CheckRecord, CheckStore
from bot.store.engine import open_database
from bot.store.migrate import migrate
from engine.configuration import Configuration, Suite
from engine.values import CheckId, CommitSha, RepositoryName, SuiteKind
from tests.fakes.bot_stage import TestClock

HEAD = CommitSha("1" * 40)
BASE = CommitSha("0" * 40)
CHANGED = ("core.py",)


def suite(**keys: object) -> Suite:
    return Suite(kind=SuiteKind.BENCHMARK, **keys)  # type: ignore[arg-type]


CONFIGURATION = Configuration(
    version=1,
    suites={
        "core": suite(paths=("core.py",)),
        "docs": suite(paths=("docs/",)),
        "asked": suite(when=("command",)),
        "full": suite(tiers=("full",)),
        "quick": suite(tiers=("quick",), runs_on=("arm", "linux")),
    },
)


def check(**changes: object) -> CheckRecord:
    now = TestClock().now()
    values: dict[str, object] = {
        "id": CheckId("c1"),
        "repository": RepositoryName("a/b"),
        "pull_request": 7,
        "head": HEAD,
        "base": BASE,
        "target": BASE,
        "policy_commit": None,
        "base_ref": "main",
        "opened_utc": now,
        "claimed_until_utc": now,
        "retry_utc": now,
    }
    return CheckRecord(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> CheckStore:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    migrate(url)
    return CheckStore(open_database(url))


@pytest.mark.parametrize(
    "wish,selected,skipped",
    [
        (Wish(), ("core", "quick"), ("docs",)),
        (Wish(tier="full"), ("core", "full"), ("docs",)),
        (Wish(events=("pull_request", "command")), ("asked", "core", "quick"), ("docs",)),
        (Wish(suites=("docs",)), ("core", "docs", "quick"), ()),
        (Wish(suites=("full",)), ("core", "full", "quick"), ("docs",)),
        (Wish(tag="arm"), ("core", "quick"), ("docs",)),
    ],
)
def test_without_an_earlier_check_what_a_wish_leaves_out_is_measured_as_well(
    store: CheckStore, wish: Wish, selected: tuple[str, ...], skipped: tuple[str, ...]
) -> None:
    chosen = choose(store, check(), CONFIGURATION, CHANGED, wish)
    assert (chosen.selected, chosen.skipped, chosen.carries) == (selected, skipped, None)


@pytest.mark.parametrize(
    "wish,selected",
    [
        (Wish(suites=("docs",), base="old"), ("docs",)),
        (Wish(tag="arm", base="old"), ("quick",)),
        (Wish(suites=("core",), tag="arm", base="old"), ()),
    ],
)
def test_a_check_beside_the_required_one_measures_what_is_wished_alone(
    store: CheckStore, wish: Wish, selected: tuple[str, ...]
) -> None:
    chosen = choose(store, check(ref="old"), CONFIGURATION, CHANGED, wish)
    assert (chosen.selected, chosen.skipped) == (selected, ())


def test_pairs_are_those_of_the_chosen_suites_alone() -> None:
    found = with_pairs(CONFIGURATION, ("core",), 7)
    assert found.suites["core"].measure.max_pairs == 7
    assert found.suites["quick"] == CONFIGURATION.suites["quick"]
