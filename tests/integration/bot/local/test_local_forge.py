"""The local forge over real git repositories and a real SQLite database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.local.forge import LocalForge
from bot.local.pull_requests import (
    close_pull_request,
    open_pull_request,
    push,
    reopen_pull_request,
    rerequest,
)
from bot.local.repositories import LocalRepositories
from bot.ports import CheckRun, Repository
from bot.store.engine import open_database
from bot.store.migrate import migrate
from engine.errors import UserError
from engine.values import RepositoryName
from tests.fakes.git_repositories import BareRepository

NAME = RepositoryName("quant/research")
REPOSITORY = Repository(name=NAME)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MARKER = "<!-- m -->"


@pytest.fixture
def disk(tmp_path: Path) -> BareRepository:
    made = BareRepository.create(tmp_path / "repositories", NAME)
    made.commit("main", {"README.md": "A strategy.\n"})
    for branch in ("one", "two"):
        made.commit(branch, {"README.md": f"{branch}\n"}, onto="main")
    return made


@pytest.fixture
def forge(tmp_path: Path, disk: BareRepository) -> Iterator[LocalForge]:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    migrate(url)
    database = open_database(url)
    yield LocalForge(database, tmp_path / "repositories", lambda: NOW)
    database.dispose()


class TestPullRequests:
    def test_numbers_count_up_in_each_repository(self, forge: LocalForge, disk: object) -> None:
        numbers = [
            open_pull_request(forge, NAME, branch, "main", branch).pull_request
            for branch in ("one", "two")
        ]

        assert numbers == [1, 2]

    def test_two_opened_at_once_get_two_numbers(self, forge: LocalForge) -> None:
        def work() -> None:
            open_pull_request(forge, NAME, "one", "main", "again")

        in_parallel(work, 4)

        assert [forge.local_pull_request(NAME, number).head_branch for number in (1, 2, 3, 4)]

    def test_a_branch_with_nothing_on_it_opens_none(
        self, forge: LocalForge, disk: BareRepository
    ) -> None:
        disk.commit("main", {})
        with pytest.raises(UserError, match="nothing between"):
            open_pull_request(forge, NAME, "main", "main", "empty")

    def test_a_branch_that_is_not_there_opens_none(self, forge: LocalForge) -> None:
        with pytest.raises(UserError, match="gone"):
            open_pull_request(forge, NAME, "gone", "main", "?")

    def test_a_push_is_told_to_the_open_ones_of_that_branch_alone(
        self, forge: LocalForge, disk: BareRepository
    ) -> None:
        for branch in ("one", "two", "one"):
            open_pull_request(forge, NAME, branch, "main", branch)
        close_pull_request(forge, NAME, 3)
        disk.commit("one", {"a": "1"})

        told = push(forge, NAME, "one")

        assert [each.pull_request for each in told] == [1]

    def test_a_push_of_nothing_is_told_to_nobody(self, forge: LocalForge) -> None:
        open_pull_request(forge, NAME, "one", "main", "one")

        assert push(forge, NAME, "one") == ()

    def test_what_is_open_cannot_be_reopened(self, forge: LocalForge) -> None:
        open_pull_request(forge, NAME, "one", "main", "one")

        with pytest.raises(UserError, match="open already"):
            reopen_pull_request(forge, NAME, 1)

    def test_a_check_run_that_is_not_there_cannot_be_asked_for_again(
        self, forge: LocalForge
    ) -> None:
        with pytest.raises(UserError, match="99"):
            rerequest(forge, NAME, 99)


class TestWriters:
    def test_writers_at_once_make_one_sticky_comment(self, forge: LocalForge) -> None:
        open_pull_request(forge, NAME, "one", "main", "one")

        in_parallel(lambda: forge.put_comment(REPOSITORY, 1, MARKER, MARKER), 6)

        assert len(forge.comments(NAME, 1)) == 1

    def test_writers_at_once_make_one_check_run(self, forge: LocalForge) -> None:
        head = forge.tip(REPOSITORY, "one")
        run = CheckRun(
            name="highwater", head=head, external_id="c", status="queued", title="T", summary="S"
        )

        in_parallel(lambda: forge.put_check_run(REPOSITORY, run), 6)

        assert len(forge.check_runs(NAME, head)) == 1

    def test_a_comment_keeps_when_it_was_made(self, forge: LocalForge) -> None:
        open_pull_request(forge, NAME, "one", "main", "one")
        forge.add_comment(REPOSITORY, 1, "hello")

        (comment,) = forge.comments(NAME, 1)

        assert (comment.created_utc, comment.author) == (NOW, "highwater[bot]")


class TestRepositories:
    @pytest.mark.parametrize(
        "name", ["research", "../research", "quant/..", "a/b/c", "/quant/research", "quant/-x/", ""]
    )
    def test_a_name_that_is_none_reaches_no_folder(self, forge: LocalForge, name: str) -> None:
        with pytest.raises(UserError, match="repository"):
            forge.default_branch(Repository(name=RepositoryName(name)))

    def test_a_work_tree_serves_as_a_repository_too(
        self, disk: BareRepository, tmp_path: Path
    ) -> None:
        inside = tmp_path / "others" / "ada" / "notes"
        inside.parent.mkdir(parents=True)
        disk.directory.rename(inside.parent / ".git")
        inside.mkdir()
        (inside.parent / ".git").rename(inside / ".git")

        found = LocalRepositories(tmp_path / "others").directory(RepositoryName("ada/notes"))

        assert found == inside

    def test_a_head_on_no_branch_has_no_default_branch(
        self, forge: LocalForge, disk: BareRepository
    ) -> None:
        (disk.directory / "HEAD").write_text(forge.tip(REPOSITORY, "main") + "\n")

        with pytest.raises(UserError, match="no branch"):
            forge.default_branch(REPOSITORY)


def in_parallel(work: object, count: int) -> None:
    """Do *work* in *count* threads at once, and fail with the first of their errors."""
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            work()  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001  raised again below
            errors.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
