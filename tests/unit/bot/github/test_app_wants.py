from __future__ import annotations

import pytest

from bot.event_parsing import HANDLED_EVENTS
from bot.events import NIGHTLY
from bot.github.app_wants import (
    ALWAYS_SENT,
    EVENTS,
    PERMISSIONS,
    lacking_events,
    lacking_permissions,
)

ALL = {one.name: str(one.level) for one in PERMISSIONS}


def test_the_app_subscribes_to_what_the_bot_handles_and_to_nothing_else() -> None:
    asked_for = {one.name for one in EVENTS}

    assert asked_for | ALWAYS_SENT == set(HANDLED_EVENTS) - {NIGHTLY}


def test_an_app_may_hold_more_than_it_needs() -> None:
    held = dict.fromkeys(ALL, "admin") | {"administration": "read"}

    assert lacking_permissions(held) == []


@pytest.mark.parametrize("name", [name for name, level in ALL.items() if level == "write"])
def test_to_read_where_it_must_write_is_lacking(name: str) -> None:
    assert len(lacking_permissions(ALL | {name: "read"})) == 1


def test_who_tells_nothing_lacks_everything() -> None:
    assert len(lacking_permissions({})) == len(PERMISSIONS)
    assert len(lacking_events([])) == len(EVENTS)
