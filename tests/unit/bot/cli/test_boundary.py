from __future__ import annotations

import errno

import click
import pytest

from bot.cli.boundary import Boundary, expected_text, failure_code
from engine.errors import (
    CandidateError,
    HighwaterError,
    IntegrityError,
    TransientError,
    UserError,
    Where,
)

USER_ERROR = UserError("The port is taken.", Where(".env", 3, "HIGHWATER_PORT"), "Choose another.")


def ended(error: BaseException, *arguments: str) -> int:
    boundary = Boundary(arguments)
    with boundary:
        raise error
    return boundary.code


def test_wrong_input_shows_its_three_fields() -> None:
    assert expected_text(USER_ERROR) == (
        "Error: The port is taken.\n  where: .env:3: HIGHWATER_PORT\n  remedy: Choose another."
    )


def test_wrong_input_without_a_file_shows_no_place() -> None:
    assert "where" not in expected_text(UserError("No.", None, "Do it."))


@pytest.mark.parametrize(
    "error", [USER_ERROR, TransientError("GitHub is down.", 30), IntegrityError("x", "a", "b")]
)
def test_an_expected_error_could_not_run(error: HighwaterError) -> None:
    assert ended(error, "replay") == 5


def test_code_of_the_repository_that_fails_is_a_failed_check() -> None:
    assert ended(CandidateError("build", "no such package"), "check") == 1


@pytest.mark.parametrize("arguments", [("compare", "--out", "x"), ("bench", "compare")])
def test_comparing_ends_with_1_whatever_went_wrong(arguments: tuple[str, ...]) -> None:
    assert {ended(USER_ERROR, *arguments), ended(KeyError("x"), *arguments)} == {1}


@pytest.mark.parametrize("arguments", [(), ("bench", "run"), ("update-baseline",), ("check",)])
def test_elsewhere_what_could_not_run_is_5(arguments: tuple[str, ...]) -> None:
    assert failure_code(arguments) == 5


@pytest.mark.parametrize("arguments, code", [(("check",), 5), (("compare",), 1)])
def test_a_full_disk_is_no_fault_of_ours(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int
) -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "/work/x")
    assert ended(error, *arguments) == code
    assert capsys.readouterr().err.startswith("Error: No space left on device.\n  where: /work/x")


def test_wrong_usage_is_2_also_of_compare() -> None:
    assert ended(click.UsageError("no such option"), "compare") == 2


def test_an_interruption_is_130() -> None:
    assert {ended(KeyboardInterrupt()), ended(click.Abort())} == {130}


def test_a_bug_is_an_internal_error_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = ended(KeyError("surprise"), "doctor")
    said = capsys.readouterr()
    assert (code, said.out) == (5, "")
    assert said.err.startswith("internal error: KeyError.")
    assert "Traceback" not in said.err


def test_debugging_shows_the_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGHWATER_DEBUG", "1")
    ended(KeyError("surprise"))
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize("given,code", [(None, 0), (0, 0), (3, 3), ("message", 5)])
def test_a_command_may_end_itself(given: str | int | None, code: int) -> None:
    assert ended(SystemExit(given)) == code


def test_errors_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    ended(USER_ERROR)
    assert capsys.readouterr().out == ""
