from __future__ import annotations

import pytest

from bot.laptop_suites import of_tier
from engine.configuration import Configuration, Tier
from engine.configuration_file import parse_configuration
from engine.errors import UserError


def declared(**tiers: str) -> Configuration:
    suites = "".join(
        f"  {name}:\n    kind: command\n    command: [make, {name}]\n"
        + (f"    tiers: {given}\n" if given else "")
        for name, given in tiers.items()
    )
    return parse_configuration(f"version: 1\nsuites:\n{suites}".encode()).configuration


ALL = declared(always="", fast="[quick]", slow="[full]", both="[quick, full]")


@pytest.mark.parametrize(
    "tier,names",
    [
        (None, {"always", "fast", "both"}),
        ("quick", {"always", "fast", "both"}),
        ("full", {"always", "slow", "both"}),
    ],
)
def test_a_tier_is_of_its_own_suites_and_of_those_that_name_none(
    tier: Tier | None, names: set[str]
) -> None:
    assert set(of_tier(ALL, tier).suites) == names


def test_a_tier_that_is_asked_for_and_is_of_no_suite_is_refused() -> None:
    with pytest.raises(UserError) as raised:
        of_tier(declared(fast="[quick]"), "full")

    assert "tier full" in raised.value.problem
    assert str(raised.value.where) == ".highwater.yml: suites"


def test_nobody_asked_for_the_tier_of_a_pull_request() -> None:
    assert of_tier(declared(slow="[full]"), None).suites == {}
