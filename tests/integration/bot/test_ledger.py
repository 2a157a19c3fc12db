"""The ledger of decisions on the disk: one outcome an intent, whoever dies in between."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.ledger import Act, begin, finish, ledger_path, ledgered, note
from bot.local.forge import LocalForge
from bot.mirror import Mirrors
from bot.services import Services
from bot.store.engine import open_database
from bot.store.ledger_file import LedgerFile, read_lines
from bot.store.migrate import migrate
from bot.store.writers import is_dead, this_writer
from bot.stores import stores_over
from engine.audit.expectation import Expectation
from engine.audit.records import Entry
from engine.audit.verify import Examined, examine
from engine.errors import TransientError, UserError
from tests.fakes.order_queue import MemoryOrderQueue

AWAY = TransientError("away", retry_after_s=1.0)
NOT_YET = UserError("Not yet.", None, "Wait.")
ACT = Act(step="accept", id="d1-0", ctx={"pull_request": 12}, inputs={"reason": "wanted"})


@dataclass
class Time:
    """A clock that a test moves."""

    time: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def pass_s(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def services(tmp_path: Path, clock: Time) -> Iterator[Services]:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    migrate(url)
    database = open_database(url)
    yield Services(
        forge=LocalForge(database, tmp_path),
        queue=MemoryOrderQueue(),
        clock=clock,
        **stores_over(database),
        mirrors=Mirrors(tmp_path / "mirrors"),
        state_dir=tmp_path / "state",
        public_url="http://127.0.0.1:8787",
        secret="hush",
    )
    database.dispose()


def records(services: Services) -> list[dict[str, Any]]:
    return [json.loads(line) for line in read_lines(ledger_path(services.state_dir))]


def examined(services: Services) -> Examined:
    path = ledger_path(services.state_dir)
    head = services.ledger_heads.head(str(path))
    return examine(read_lines(path), Expectation(head=head))


def told(services: Services) -> list[tuple[str, str | None, str | None]]:
    return [(one["kind"], one["id"] or one["ref"], one["status"]) for one in records(services)]


def test_what_is_done_stands_as_an_intent_and_its_outcome(services: Services) -> None:
    with ledgered(services, ACT) as outputs:
        assert told(services) == [("intent", "accept/d1-0", None)]
        outputs["rows"] = 2

    assert told(services)[1:] == [("outcome", "accept/d1-0", "success")]
    assert records(services)[1]["out"] == {"rows": 2}
    assert examined(services).flaws == ()


def test_a_refusal_is_an_error_and_a_later_attempt_an_intent_of_its_own(services: Services) -> None:
    with pytest.raises(UserError, match="Not yet"), ledgered(services, ACT):
        raise NOT_YET
    with ledgered(services, ACT):
        pass

    assert told(services) == [
        ("intent", "accept/d1-0", None),
        ("outcome", "accept/d1-0", "error"),
        ("intent", "accept/d1-0#2", None),
        ("outcome", "accept/d1-0#2", "success"),
    ]
    assert records(services)[1]["error"]["message"] == "Not yet. Wait."
    assert examined(services).flaws == ()


def test_an_outage_leaves_the_intent_to_the_next_attempt(services: Services) -> None:
    with pytest.raises(TransientError), ledgered(services, ACT):
        raise AWAY
    with ledgered(services, ACT):
        pass

    assert [kind for kind, _, _ in told(services)] == ["intent", "outcome"]


def test_what_has_succeeded_is_not_recorded_twice(services: Services) -> None:
    for _ in range(3):
        with ledgered(services, ACT):
            pass
        note(services, Act(step="approve", id="acme/widgets/7/eve"))

    assert [kind for kind, _, _ in told(services)] == ["intent", "outcome", "note"]


def test_the_intent_of_a_process_that_died_is_closed_as_lost(services: Services) -> None:
    path = ledger_path(services.state_dir)
    path.parent.mkdir(parents=True)
    dead = f"{this_writer().partition(':')[0]}:{os.getpid()}:1"  # another process had our number
    with LedgerFile(path, dead).appending(services.clock.now) as ledger:
        ledger.append(Entry(run_id="bot", step="accept", kind="intent", id=ACT.name))

    with ledgered(services, ACT):
        pass

    assert told(services) == [
        ("intent", "accept/d1-0", None),
        ("outcome", "accept/d1-0", "lost"),
        ("intent", "accept/d1-0#2", None),
        ("outcome", "accept/d1-0#2", "success"),
    ]
    assert examined(services).flaws == ()
    assert examined(services).lost == 1


def test_the_intent_of_a_process_that_lives_is_left_to_it(services: Services) -> None:
    path = ledger_path(services.state_dir)
    path.parent.mkdir(parents=True)
    with LedgerFile(path, this_writer()).appending(services.clock.now) as ledger:
        ledger.append(Entry(run_id="bot", step="accept", kind="intent", id="accept/other"))

    with ledgered(services, ACT):
        pass

    assert examined(services).open_intents == ("accept/other",)
    assert not is_dead("another-host:1:1")
    assert not is_dead("no writer of ours")


@pytest.mark.parametrize("days, lost", [(0.9, 0), (1.1, 1)])
def test_an_intent_of_another_host_is_waited_for_a_day(
    services: Services, clock: Time, days: float, lost: int
) -> None:
    path = ledger_path(services.state_dir)
    path.parent.mkdir(parents=True)
    with LedgerFile(path, "former-container:1:7").appending(services.clock.now) as ledger:
        ledger.append(Entry(run_id="bot", step="accept", kind="intent", id="accept/other"))
    clock.pass_s(days * 86_400)

    note(services, ACT)

    assert (examined(services).lost, examined(services).flaws) == (lost, ())
    assert len(examined(services).open_intents) == 1 - lost


def test_a_torn_line_is_cut_off_and_recorded(services: Services) -> None:
    path = ledger_path(services.state_dir)
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"ctx":{},"err')

    with ledgered(services, ACT):
        pass

    first = records(services)[0]
    assert (first["kind"], first["step"], first["out"]) == ("recovery", "torn_tail", {"bytes": 14})
    assert examined(services).flaws == ()
    assert examined(services).recoveries == 1


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_a_tail_that_was_cut_off_is_known_by_the_stored_head_and_stays_known(
    services: Services, kept: int
) -> None:
    for name in ("a", "b"):
        with ledgered(services, Act(step="mute", id=name)):
            pass
    path = ledger_path(services.state_dir)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:kept]))

    assert [flaw.what for flaw in examined(services).flaws] == ["cut tail"]
    with ledgered(services, ACT):  # goes on, and does not cover it up
        pass

    found = records(services)[kept]
    assert (found["kind"], found["out"]["missing"]) == ("recovery", 4 - kept)
    assert [flaw.what for flaw in examined(services).flaws] == ["cut tail"]


def test_a_ledger_whose_file_is_gone_is_begun_anew_and_says_so(services: Services) -> None:
    with ledgered(services, ACT):
        pass
    ledger_path(services.state_dir).unlink()

    note(services, Act(step="approve", id="x"))

    assert [one["kind"] for one in records(services)] == ["recovery", "note"]
    assert [flaw.what for flaw in examined(services).flaws] == ["cut tail"]


def test_nobody_else_may_read_it(services: Services) -> None:
    note(services, ACT)

    mode = ledger_path(services.state_dir).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_full_disk_leaves_nothing_half_written_and_the_work_for_later(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(services, ACT)
    real = os.pwrite
    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", lambda fd, data, at: real(fd, data[: len(data) // 2], at))
        with pytest.raises(TransientError, match=r"ledger.*only"):
            begin(services, ACT)

    begin(services, ACT)
    finish(services, ACT, {})
    assert [kind for kind, _, _ in told(services)] == ["note", "intent", "outcome"]
    assert examined(services).flaws == ()


def test_what_strangers_wrote_cannot_keep_it_from_being_written(services: Services) -> None:
    hostile = Act(step="mute", id="h", ctx={"by": "\ud800\x1b[2J", "much": "x" * 10_000})
    note(services, hostile)

    assert examined(services).flaws == ()
    assert records(services)[0]["ctx"]["by"] == "?\x1b[2J"


def test_a_clock_that_is_put_back_does_not_look_like_forgery(
    services: Services, clock: Time
) -> None:
    note(services, Act(step="mute", id="a"))
    clock.pass_s(-3600)
    note(services, Act(step="mute", id="b"))

    assert examined(services).flaws == ()


def test_a_link_in_place_of_the_file_is_not_followed(services: Services, tmp_path: Path) -> None:
    path = ledger_path(services.state_dir)
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(TransientError):
        note(services, ACT)
    assert not (tmp_path / "elsewhere").exists()


def test_an_id_of_any_length_leaves_the_ledger_sound(services: Services) -> None:
    long = Act(step="promotion_refused", id="quant/research/" + "tag+" * 200)

    note(services, long)
    note(services, long)

    lines = list(read_lines(ledger_path(services.state_dir)))
    assert len(lines) == 1
    assert examine(lines).flaws == ()
