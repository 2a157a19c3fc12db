"""The checks of one night are told apart by what they are compared with."""

from __future__ import annotations

import msgspec

from bot.checks.board import roll_up, suite_name
from bot.nightly.names import branch_of, is_null, is_of_mark, ref_of_mark, ref_of_nulls
from bot.store.check_records import CheckRecord
from engine.values import CommitSha
from tests.integration.bot.store.test_checks import check_record

ORIGIN = CommitSha("1a2b3c4d" * 5)


def nightly(ref: str) -> CheckRecord:
    check = check_record("c1", pull_request=None, base=ORIGIN)
    return msgspec.structs.replace(check, kind="nightly", ref=ref)


def test_comparing_pairing_and_null_runs_have_check_runs_of_their_own() -> None:
    refs = ("main", ref_of_mark("main", ORIGIN), ref_of_nulls("main"))

    assert [roll_up(nightly(ref)).name for ref in refs] == [
        "highwater / nightly",
        "highwater / nightly against 1a2b3c4",
        "highwater / nightly null runs",
    ]
    assert (
        suite_name(nightly(refs[1]), "core", ("linux",))
        == "highwater / core (linux) against 1a2b3c4"
    )


def test_the_branch_is_found_again() -> None:
    for ref in ("main", ref_of_mark("main", ORIGIN), ref_of_nulls("main")):
        assert branch_of(nightly(ref)) == "main"


def test_a_branch_with_an_at_sign_is_only_compared() -> None:
    check = nightly("release@2026")

    assert (is_of_mark(check), is_null(check), branch_of(check)) == (False, False, "release@2026")


def test_a_check_of_a_pull_request_is_none_of_a_night() -> None:
    check = msgspec.structs.replace(nightly(ref_of_mark("main", ORIGIN)), kind="push")

    assert (is_of_mark(check), is_null(check)) == (False, False)
