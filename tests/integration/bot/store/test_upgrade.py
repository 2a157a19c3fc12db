"""What the tables of revision 0001 hold is kept by every later one, and reads as it was meant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alembic import command
from sqlalchemy import Connection, Engine, inspect, text

from bot.store.checks import CheckStore
from bot.store.engine import open_database, reading, writing
from bot.store.history import HistoryStore
from bot.store.migrate import configuration, migrate
from bot.store.settlings import SettlingStore
from engine.orders import BenchmarkEvidence, SweepEvidence
from engine.samples import Conditions
from engine.values import CheckId, RepositoryName, RunId
from tests.fakes.evidence import MACHINE, benchmark_order
from tests.fakes.histories import hypothesis, settlement

UTC = "2026-11-20 12:00:00.000000"
CHECK = (
    "INSERT INTO checks VALUES ('c1', 'o/r', NULL, 7, :sha, :sha, :sha, :sha, 'main', 'running',"
    " :utc, '{}', '[]', :utc, :utc, 0)"
)
RUN = (
    "INSERT INTO runs VALUES (:run, 'c1', 0, 'name', '[\"linux\"]', :order, :terms, 'reported', 0)"
)
REPORT = (
    "INSERT INTO reports VALUES (:run, 'n', 'bench-a', :machine, 'started', 'finished',"
    " :evidence, NULL, '[]')"
)
BENCHMARK = '{"type": "benchmark", "listed_base": null, "listed_head": null, "cut_short": false}'
SWEEP = '{"type": "sweep", "metric": "sharpe", "mode": "max"}'


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Engine]:
    """Open a database at revision 0001 that holds two reports."""
    database = open_database(f"sqlite:///{tmp_path / 'bot.db'}")
    with writing(database) as connection:
        command.upgrade(configuration(connection), "0001")
        connection.execute(text(CHECK), {"sha": "a" * 40, "utc": UTC})
        _insert_report(connection, "b", BENCHMARK)
        for position, side in enumerate(("base", "head")):
            row = f"('b', {position}, '4', '{side}', {position}, 1.5, 1.25)"
            connection.execute(text(f"INSERT INTO pair_launches VALUES {row}"))
            row = f"('b', {position}, 0, 'case', 'wall', 's', 'lower', '[0.5]', NULL)"
            connection.execute(text(f"INSERT INTO samples VALUES {row}"))
        _insert_report(connection, "s", SWEEP)
        row = "('s', 'base', 0, 'p', '{}', '3', NULL, '{}', 'ok', 0.5, NULL, NULL, NULL)"
        connection.execute(text(f"INSERT INTO sweep_points VALUES {row}"))
    yield database
    database.dispose()


@pytest.fixture
def upgraded(old: Engine) -> CheckStore:
    migrate(old.url.render_as_string())
    return CheckStore(old)


def test_old_launches_are_of_pairs_under_unknown_conditions(upgraded: CheckStore) -> None:
    launches = _benchmark(upgraded).launches
    assert [(each.pair, each.purpose, each.conditions) for each in launches] == [
        (4, "pair", Conditions()),
        (4, "pair", Conditions()),
    ]


def test_nobody_looked_whether_old_samples_were_steady(upgraded: CheckStore) -> None:
    measured = _benchmark(upgraded).launches[0].measured[0]
    assert (measured.samples, measured.inner, measured.steady) == ((0.5,), None, None)


def test_old_runners_were_not_dedicated(upgraded: CheckStore) -> None:
    report = upgraded.load_report(RunId("b"))
    assert report is not None
    assert (report.dedicated, report.machine, report.data) == (False, MACHINE, {})


def test_an_old_sweep_has_points_and_nothing_that_nobody_measured(upgraded: CheckStore) -> None:
    report = upgraded.load_report(RunId("s"))
    assert report is not None
    assert isinstance(report.evidence, SweepEvidence)
    found = report.evidence
    assert (len(found.base), found.rerun, found.returns, found.trials) == (1, (), (), None)


def test_an_old_order_still_reads(upgraded: CheckStore) -> None:
    run = upgraded.run(RunId("b"))
    assert run is not None
    assert (run.check, run.order.purpose, run.order.certificates) == (CheckId("c1"), "check", ())


def test_who_decided_an_old_verdict_is_not_known(old: Engine) -> None:
    with writing(old) as connection:
        values = "(1, 'c1', 'pass', '{}', 'comment', 'http://bot', :utc)"
        connection.execute(text(f"INSERT INTO verdicts VALUES {values}"), {"utc": UTC})
    migrate(old.url.render_as_string())
    stored = CheckStore(old).verdict(CheckId("c1"))
    assert stored is not None
    assert (stored.decided_by, stored.outcome) == ("unknown", "pass")


def test_what_was_settled_before_runs_were_shared_still_reads(old: Engine) -> None:
    with writing(old) as connection:
        command.upgrade(configuration(connection), "0003")
        values = "('settle-1-1', 'o/r', 'settled', :asked, :between, NULL, :answer, :utc)"
        answer = {name: value for name, value in _builtins(settlement()).items() if value}
        named = {
            "asked": json.dumps(_builtins(hypothesis())),
            "between": json.dumps(_builtins(hypothesis().brackets[0])),
            "answer": json.dumps(answer),
            "utc": UTC,
        }
        connection.execute(text(f"INSERT INTO settlings VALUES {values}"), named)
    migrate(old.url.render_as_string())
    assert SettlingStore(old).settlements(RepositoryName("o/r")) == (settlement(),)
    with writing(old) as connection:
        command.downgrade(configuration(connection), "0003")
        kept = connection.scalar(text("SELECT json_extract(settlement, '$.run') FROM settlings"))
    assert kept == "settle-1-1"


@pytest.mark.usefixtures("upgraded")
def test_going_back_leaves_only_what_the_old_version_understands(old: Engine) -> None:
    with writing(old) as connection:
        connection.execute(text("UPDATE pair_launches SET purpose = 'screen' WHERE position = 1"))
        connection.execute(text("UPDATE sweep_points SET side = 'rerun'"))
        command.downgrade(configuration(connection), "0001")
    with reading(old) as connection:
        tables = ("reports", "pair_launches", "samples", "sweep_points")
        counts = [connection.scalar(text(f"SELECT count(*) FROM {each}")) for each in tables]
    assert (counts, "null_sessions" in inspect(old).get_table_names()) == ([2, 1, 1, 0], False)


def _builtins(value: object) -> dict[str, Any]:
    return dict(msgspec.to_builtins(value))


def _insert_report(connection: Connection, run: str, evidence: str) -> None:
    document = json.loads(msgspec.json.encode(benchmark_order(run)))
    added = ("purpose", "cases", "certificates", "suites_of_check", "measuring_changed")
    later = {*added, "confirms", "not_on"}
    order = json.dumps({name: document[name] for name in document if name not in later})
    values = {"run": run, "order": order.encode(), "terms": b"{}"}
    connection.execute(text(RUN), values)
    machine = msgspec.json.encode(MACHINE).decode()
    connection.execute(text(REPORT), {"run": run, "machine": machine, "evidence": evidence})


def _benchmark(store: CheckStore) -> BenchmarkEvidence:
    report = store.load_report(RunId("b"))
    assert report is not None
    assert isinstance(report.evidence, BenchmarkEvidence)
    return report.evidence


def test_levels_of_the_history_keep_their_order_when_their_key_grows(old: Engine) -> None:
    levels = {f"c{number}-1": 0.01 * (9 - number) for number in range(1, 4)}
    row = (
        "INSERT INTO history_points VALUES (:run, 'a', 'wall', 'o/r', 'core', 'f', :sha, :level,"
        " 10, 's', 'lower', :utc)"
    )
    with writing(old) as connection:
        command.upgrade(configuration(connection), "0009")
        for run, level in levels.items():
            connection.execute(text(row), {"run": run, "sha": "b" * 40, "level": level, "utc": UTC})
    migrate(old.url.render_as_string())

    points = HistoryStore(old).points(RepositoryName("o/r"))
    assert [(one.run, one.level) for one in points] == list(levels.items())
    with writing(old) as connection:
        command.downgrade(configuration(connection), "0009")
        assert connection.scalar(text("SELECT count(*) FROM history_points")) == len(levels)
