from __future__ import annotations

import msgspec

from engine.overriding import quantity
from engine.reports.override_replies import overridden
from engine.values import Outcome
from tests.fakes.conversation_situations import ACCEPTED


def test_an_answer_names_a_metric_as_a_command_may_name_it_again() -> None:
    one = msgspec.structs.replace(ACCEPTED, metric="cpu")

    said = overridden([one], Outcome.PASS, is_running=False)

    assert f"- `{one.suite}` `{one.case}` (time)" in said
    assert quantity("time") == quantity("CPU time") == quantity("cpu")
