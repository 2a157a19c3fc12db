from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import OperationalError

from bot.store.group_commit import GroupCommit


class Disk:
    """Commits batches; the first one takes until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.first_begun = threading.Event()
        self.let_go = threading.Event()
        self.failing: Exception | None = None

    def commit(self, batch: Sequence[int]) -> list[int]:
        self.batches.append(list(batch))
        if len(self.batches) == 1:
            self.first_begun.set()
            self.let_go.wait(timeout=20)
        if self.failing is not None:
            raise self.failing
        return [item * 10 for item in batch]


def in_threads(commit: GroupCommit[int, int], disk: Disk, items: range) -> dict[int, object]:
    """Send 0 first and all of *items* while its commit is under way; gives what came of each."""
    found: dict[int, object] = {}

    def send(item: int) -> None:
        try:
            found[item] = commit(item)
        except (OperationalError, ZeroDivisionError) as error:
            found[item] = type(error)

    threads = [threading.Thread(target=send, args=(item,)) for item in (0, *items)]
    threads[0].start()
    disk.first_begun.wait(timeout=20)
    for thread in threads[1:]:
        thread.start()
    while len(commit._waiting) < len(threads):
        threading.Event().wait(0.001)
    disk.let_go.set()
    for thread in threads:
        thread.join(timeout=20)
    return found


def test_what_comes_during_a_commit_shares_the_next_one() -> None:
    disk = Disk()
    in_threads(GroupCommit(disk.commit), disk, range(1, 8))
    assert [sorted(batch) for batch in disk.batches] == [[0], list(range(1, 8))]


def test_everyone_gets_the_outcome_of_their_own_item() -> None:
    disk = Disk()
    found = in_threads(GroupCommit(disk.commit), disk, range(1, 8))
    assert found == {item: item * 10 for item in range(8)}


def test_a_commit_that_fails_fails_for_all_who_were_in_it() -> None:
    disk = Disk()
    disk.failing = OperationalError("COMMIT", {}, Exception("disk full"))
    found = in_threads(GroupCommit(disk.commit), disk, range(1, 4))
    assert set(found.values()) == {OperationalError}


def test_after_a_failed_commit_the_next_one_is_on_its_own() -> None:
    disk = Disk()
    disk.let_go.set()
    commit: GroupCommit[int, int] = GroupCommit(disk.commit)
    disk.failing = OperationalError("COMMIT", {}, Exception("disk full"))
    with pytest.raises(OperationalError):
        commit(1)
    disk.failing = None
    assert (commit(2), disk.batches) == (20, [[1], [2]])


def test_nobody_who_waits_is_forgotten_when_a_committer_breaks() -> None:
    disk = Disk()
    commit: GroupCommit[int, int] = GroupCommit(disk.commit)
    real = disk.commit

    def break_first(batch: Sequence[int]) -> list[int]:
        outcomes = real(batch)
        return [1 // 0] if len(disk.batches) == 1 else outcomes

    commit._commit = break_first
    found = in_threads(commit, disk, range(1, 4))
    assert found == {0: ZeroDivisionError, 1: 10, 2: 20, 3: 30}
