"""One leader at a time, on a real Valkey."""

from __future__ import annotations

import time

from bot.leader import Leadership
from tests.fakes.valkey import Valkey, valkey

__all__ = ["valkey"]


def test_the_first_candidate_leads_and_keeps_leading(valkey: Valkey) -> None:
    leader = Leadership(valkey.client(), "scheduler")

    assert (leader.hold(), leader.hold()) == (True, True)


def test_a_second_candidate_does_not_lead(valkey: Valkey) -> None:
    Leadership(valkey.client(), "scheduler").hold()

    assert not Leadership(valkey.client(), "scheduler").hold()


def test_a_leader_that_resigned_is_followed_at_once(valkey: Valkey) -> None:
    leader = Leadership(valkey.client(), "scheduler")
    leader.hold()
    leader.resign()

    assert Leadership(valkey.client(), "scheduler").hold()


def test_a_leader_that_died_is_followed_when_its_lease_ends(valkey: Valkey) -> None:
    Leadership(valkey.client(), "scheduler", lease_s=0.05).hold()
    time.sleep(0.1)

    assert Leadership(valkey.client(), "scheduler").hold()


def test_who_does_not_lead_cannot_end_the_lease_by_resigning(valkey: Valkey) -> None:
    leader, other = (Leadership(valkey.client(), "scheduler") for _ in range(2))
    leader.hold()
    other.resign()

    assert not other.hold()
