"""What is thrown away, and what never: real folders, a real database, real git."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.git import git
from bot.local.forge import LocalForge
from bot.mirror import Mirror, Mirrors
from bot.ports import CloneSource
from bot.retention import Retention
from bot.services import Services
from bot.store.checks import CheckRecord, RunRecord
from bot.store.deliveries import Delivery
from bot.stores import stores_over
from engine.errors import TransientError
from engine.values import CheckId, CommitSha, DeliveryId, RepositoryName, RunId
from tests.fakes.database import database, database_url
from tests.fakes.git_repositories import BareRepository
from tests.fakes.order_queue import MemoryOrderQueue
from tests.fakes.reports import ORDER, bent
from worker.queue.codec import decode_order

__all__ = ["database", "database_url"]

NAME = RepositoryName("ada/strategies.v2")
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Clock:
    time: datetime = START

    def now(self) -> datetime:
        return self.time


@dataclass
class House:
    """The services, what they keep, and the one who tidies."""

    services: Services
    clock: Clock
    disk: BareRepository

    def tidy(self, after: timedelta = timedelta()) -> None:
        self.clock.time += after
        Retention(self.services).tidy(threading.Event())

    def order(self, run: str) -> Path:
        """Put an order's files there, as old as the clock says."""
        place = self.services.place(RunId(run))
        place.create()
        place.bundle.write_bytes(b"bundle")
        then = self.clock.time.timestamp()
        os.utime(place.directory, (then, then))
        return place.directory

    def mirror(self, *commits: str) -> Mirror:
        source = CloneSource(url=self.disk.directory.as_uri())
        return self.services.mirrors.fetch(NAME, source, [CommitSha(one) for one in commits])


@pytest.fixture
def house(tmp_path: Path, database: Engine) -> House:
    clock, state = Clock(), tmp_path / "state"
    services = Services(
        forge=LocalForge(database, tmp_path),
        queue=MemoryOrderQueue(),
        clock=clock,
        **stores_over(database),
        mirrors=Mirrors(state / "mirrors"),
        state_dir=state,
        public_url="http://127.0.0.1:8787",
        secret="hush",
    )
    disk = BareRepository.create(tmp_path / "repositories", NAME)
    git(disk.directory, "config", "uploadpack.allowAnySHA1InWant", "true")
    return House(services, clock, disk)


def open_check(house: House, head: str = "b" * 40, name: str = "check") -> CheckId:
    check = CheckRecord(
        id=CheckId(name),
        repository=NAME,
        pull_request=4,
        head=CommitSha(head),
        base=CommitSha(head),
        target=CommitSha(head),
        policy_commit=None,
        base_ref="main",
        opened_utc=START,
        claimed_until_utc=START,
        retry_utc=START,
    )
    order = decode_order(bent_order(f"{name}-1"))
    run = RunRecord(
        run=RunId(f"{name}-1"),
        check=check.id,
        position=1,
        check_name="highwater / core (linux)",
        tags=("linux",),
        order=order,
        terms=b"{}",
    )
    house.services.checks.open_check(check, (run,))
    return check.id


def bent_order(run: str) -> str:
    return json.dumps(bent(ORDER, "run", to=run))


def test_the_files_of_an_order_go_once_its_check_has_ended(house: House) -> None:
    check, folder = open_check(house), house.order("check-1")
    house.services.checks.conclude(check)
    house.tidy(after=HOUR)
    assert not folder.exists()


def test_the_files_of_an_order_stay_while_its_check_runs(house: House) -> None:
    open_check(house)
    folder = house.order("check-1")
    house.tidy(after=30 * DAY)
    assert folder.exists()


def test_the_files_of_an_order_that_ended_just_now_stay(house: House) -> None:
    check, folder = open_check(house), house.order("check-1")
    house.services.checks.conclude(check)
    house.tidy(after=HOUR - timedelta(seconds=1))
    assert folder.exists()


def test_the_files_of_an_order_that_nobody_knows_go(house: House) -> None:
    folder = house.order("stranger-1")
    house.tidy(after=HOUR)
    assert not folder.exists()


def test_what_cannot_be_removed_does_not_keep_the_rest(house: House, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    folder = house.order("z-1")
    (folder.parent / "a-1").symlink_to(elsewhere)
    then = START.timestamp()
    os.utime(elsewhere, (then, then))
    house.tidy(after=HOUR)
    assert (folder.exists(), (elsewhere / "precious").exists()) == (False, True)


@pytest.mark.parametrize("days,kept", [(7, True), (8, False)])
def test_the_body_of_a_handled_delivery_stays_a_week(house: House, days: int, kept: bool) -> None:
    delivery = Delivery(id=DeliveryId("d-1"), event="ping", body=b"{}")
    deliveries = house.services.deliveries
    deliveries.add(delivery, START)
    deliveries.finish(delivery.id)
    house.tidy(after=days * DAY)
    assert (deliveries.clear_bodies(house.clock.time) == 1) == kept


def refs(house: House) -> list[str]:
    listed = git(house.mirror().directory, "for-each-ref", "--format=%(refname:lstrip=2)")
    return listed.decode().split()


def test_a_mirror_lets_go_daily_of_what_no_running_check_needs(house: House) -> None:
    done, needed = (house.disk.commit(branch, {"f": branch}) for branch in ("one", "two"))
    house.mirror(done, needed)
    open_check(house, needed)
    house.tidy()
    house.tidy(after=DAY)
    assert refs(house) == [needed]


def test_a_mirror_is_left_alone_for_a_day(house: House) -> None:
    done = house.disk.commit("one", {"f": "1"})
    house.mirror(done)
    house.tidy()
    house.tidy(after=DAY - timedelta(seconds=1))
    assert refs(house) == [done]


def test_a_mirror_is_repacked(house: House) -> None:
    commits = [house.disk.commit(f"b{number}", {"f": f"{number}"}) for number in range(3)]
    mirror = house.mirror(*commits[:2])
    for commit in commits:
        house.mirror(commit)
        open_check(house, commit, f"check{commit[:8]}")
    house.tidy()
    house.tidy(after=DAY)
    assert b"count: 0\n" in git(mirror.directory, "count-objects", "-v")


def test_what_was_let_go_is_fetched_again(house: House) -> None:
    done = house.disk.commit("one", {"f": "1"})
    house.mirror(done)
    house.tidy()
    house.tidy(after=DAY)
    assert house.mirror(done).read(CommitSha(done), "f") == b"1"


def test_a_commit_that_a_mirror_has_lost_is_not_one_without_the_file(house: House) -> None:
    mirror = house.mirror(house.disk.commit("one", {"f": "1"}))
    with pytest.raises(TransientError, match="not in the mirror"):
        mirror.read(CommitSha("0" * 40), "f")


def test_a_mirror_that_cannot_be_tidied_keeps_no_other_from_it(house: House) -> None:
    done = house.disk.commit("one", {"f": "1"})
    house.mirror(done)
    broken = house.services.mirrors.root / "a" / "broken.git"
    broken.mkdir(parents=True)
    house.tidy()
    house.tidy(after=DAY)
    assert refs(house) == []


def test_it_ends_early_when_told(house: House) -> None:
    folder = house.order("stranger-1")
    house.clock.time += HOUR
    stop = threading.Event()
    stop.set()
    Retention(house.services).tidy(stop)
    assert folder.exists()
