from __future__ import annotations

from pathlib import Path

import pytest

from bot.git import git, git_answer, read_blob
from engine.errors import TransientError
from tests.fakes.git_repositories import BareRepository

NAMES = ("a.txt", "with a space", "x blob 5", "ä", "-n", "a:b", "é\\t")


@pytest.fixture
def repository(tmp_path: Path) -> BareRepository:
    return BareRepository.create(tmp_path, "o/r")


@pytest.fixture
def commit(repository: BareRepository) -> str:
    return repository.commit("main", {**dict.fromkeys(NAMES, "one\ntwo\n"), "folder/file": "x"})


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_read_whatever_its_name(
    repository: BareRepository, commit: str, name: str
) -> None:
    assert read_blob(repository.directory, commit, name) == b"one\ntwo\n"


def test_a_file_of_any_bytes_is_read_whole(repository: BareRepository) -> None:
    content = bytes(range(256)) * 100
    commit = repository.commit("bytes", {"b": content})
    assert read_blob(repository.directory, commit, "b") == content


NO_PATHS = (
    *("absent", "absent blob", "absent blob 5", "folder", "", "./a.txt", "../a.txt"),
    *("a.txt\0", "a.txt\nHEAD:a.txt", "\ud800", "n" * 200_000),
)


@pytest.mark.parametrize("name", NO_PATHS, ids=lambda name: ascii(name[:20]))
def test_what_is_no_path_of_a_file_is_no_file(
    repository: BareRepository, commit: str, name: str
) -> None:
    assert read_blob(repository.directory, commit, name) is None


def test_a_commit_that_is_not_there_has_no_file(repository: BareRepository) -> None:
    assert read_blob(repository.directory, "0" * 40, "a.txt") is None


def test_what_git_cannot_do_is_no_fault_of_an_author(repository: BareRepository) -> None:
    with pytest.raises(TransientError, match=r"git update-ref failed: .*nonsense"):
        git(repository.directory, "update-ref", "refs/heads/main", "nonsense")


def test_a_repository_that_git_cannot_read_is_not_one_without_the_file(
    repository: BareRepository, commit: str
) -> None:
    (repository.directory / "HEAD").write_text("broken")
    with pytest.raises(TransientError):
        read_blob(repository.directory, commit, "a.txt")


def test_a_folder_that_is_gone_is_worth_another_try(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match="cannot be started"):
        git(tmp_path / "gone", "status")


def test_a_question_that_git_cannot_answer_is_not_a_no(repository: BareRepository) -> None:
    with pytest.raises(TransientError):
        git_answer(repository.directory, "merge-base", "0" * 40, "1" * 40)


def test_a_question_whose_answer_is_no_is_none(repository: BareRepository) -> None:
    absent = ("rev-parse", "--quiet", "--verify", "refs/heads/absent")
    assert git_answer(repository.directory, *absent) is None
