from __future__ import annotations

from typing import Any

import pytest

from engine.promotion.names import branch_name
from engine.promotion.standing import Approval, Proposal, Source, Waits, standing

HEAD, MEASURED = "a" * 40, "b" * 40
MERGED = Source(number=7, head=MEASURED, open=False, merged=True)


def approval(author: str, **fields: Any) -> Approval:
    values = {"approved": True, "commit": HEAD, "counts": True, **fields}
    return Approval(author=author, **values)


def waits(*approvals: Approval, **fields: Any) -> Waits:
    values: dict[str, Any] = {
        "head": HEAD,
        "commit": HEAD,
        "measured": MEASURED,
        "requested_by": "ada",
        "settled": True,
        "needs_second_person": True,
        "source": MERGED,
        "approvals": approvals,
        **fields,
    }
    return standing(Proposal(**values)).waits


def test_an_approval_of_somebody_else_makes_it_ready() -> None:
    assert waits(approval("grace")) is Waits.READY


@pytest.mark.parametrize(
    "given",
    [
        (),
        (approval("ada"),),
        (approval("ADA"),),
        (approval("grace", counts=False),),
        (approval("grace", commit="c" * 40),),
        (approval("grace"), approval("grace", approved=False)),
    ],
    ids=["nobody", "who asked", "who asked, louder", "no role", "older commit", "taken back"],
)
def test_without_a_second_person_it_waits(given: tuple[Approval, ...]) -> None:
    assert waits(*given) is Waits.SECOND_PERSON


def test_where_nobody_need_approve_it_is_ready_by_itself() -> None:
    assert waits(needs_second_person=False) is Waits.READY


@pytest.mark.parametrize(
    "fields, expected",
    [
        ({"head": "c" * 40}, Waits.FOREIGN_COMMIT),
        ({"settled": False}, Waits.REPLACED),
        ({"source": Source(number=7, head=MEASURED, open=True, merged=False)}, Waits.SOURCE_OPEN),
        ({"source": Source(number=7, head=HEAD, open=True, merged=False)}, Waits.SOURCE_MOVED_ON),
        ({"source": Source(number=7, head=HEAD, open=False, merged=True)}, Waits.SOURCE_MOVED_ON),
        (
            {"source": Source(number=7, head=MEASURED, open=False, merged=False)},
            Waits.SOURCE_CLOSED,
        ),
    ],
)
def test_an_approval_does_not_outweigh(fields: dict[str, Any], expected: Waits) -> None:
    assert waits(approval("grace"), **fields) is expected


@pytest.mark.parametrize(
    "tags, name",
    [
        (("linux", "x86_64"), "highwater/baseline/core-linux+x86_64"),
        (("a.lock",), "highwater/baseline/core-a.lock_"),
        (("a...b",), "highwater/baseline/core-a.-.b"),
    ],
)
def test_a_branchs_name_is_one_that_git_takes(tags: tuple[str, ...], name: str) -> None:
    assert branch_name("core", tags) == name
