from __future__ import annotations

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from bot.event_parsing import HANDLED_EVENTS, parse_event
from engine.errors import UserError
from tests.fakes.webhooks import example

NAMES = st.sampled_from(HANDLED_EVENTS)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
ACTIONS = st.sampled_from(["opened", "synchronize", "reopened", "rerequested", None])


@given(NAMES, st.binary(max_size=200))
def test_any_bytes_are_an_event_or_a_clear_error(name: str, body: bytes) -> None:
    with contextlib.suppress(UserError):
        parse_event(name, body)


@given(NAMES, st.dictionaries(st.text(), ANY_JSON, max_size=3), ACTIONS)
def test_any_json_is_an_event_or_a_clear_error(
    name: str, body: dict[str, object], action: str | None
) -> None:
    with contextlib.suppress(UserError):
        parse_event(name, json.dumps({**body, "action": action}).encode())


@given(st.sampled_from(["pull_request", "repository", "installation", "number"]), ANY_JSON)
def test_a_real_payload_with_any_part_replaced_is_an_event_or_a_clear_error(
    part: str, value: object
) -> None:
    body = {**example("pull_request", "opened"), part: value}
    with contextlib.suppress(UserError):
        parse_event("pull_request", json.dumps(body).encode())


@given(NAMES, st.integers(min_value=900, max_value=3000))
def test_json_nested_without_end_is_a_clear_error_or_passed_over(name: str, depth: int) -> None:
    body = b'{"action":"opened","deep":' + b"[" * depth + b"]" * depth + b"}"
    with contextlib.suppress(UserError):
        parse_event(name, body)
