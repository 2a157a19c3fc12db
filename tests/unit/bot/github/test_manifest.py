from __future__ import annotations

import json

import pytest

from bot.github.manifest import convert, creation_url, github_at, manifest, manifest_file
from engine.errors import UserError

GHE = github_at("https://ghe.example.org")


def test_an_enterprise_server_has_all_its_addresses_on_one_host() -> None:
    assert (GHE.api_url, GHE.clone_url) == (
        "https://ghe.example.org/api/v3",
        "https://ghe.example.org/{repository}.git",
    )


def test_github_com_has_the_addresses_that_are_the_defaults() -> None:
    place = github_at("https://github.com")

    assert (place.api_url, place.clone_url) == (
        "https://api.github.com",
        "https://github.com/{repository}.git",
    )


def test_the_state_is_part_of_the_address_and_cannot_add_to_it() -> None:
    url = creation_url(GHE, None, "a&b=c")

    assert url == "https://ghe.example.org/settings/apps/new?state=a%26b%3Dc"


@pytest.mark.parametrize("organisation", ["", "a/b", "-a", "a?x", "..", "a" * 100])
def test_an_organisation_that_cannot_be_is_refused(organisation: str) -> None:
    with pytest.raises(UserError, match="organisation"):
        creation_url(GHE, organisation, "s")


@pytest.mark.parametrize("code", ["", "../../user", "a b", "a?b", "x" * 256, "a\n"])
def test_a_code_that_cannot_be_is_sent_nowhere(code: str) -> None:
    with pytest.raises(UserError, match="code"):
        convert(GHE, code)


def test_the_webhook_is_below_the_public_address() -> None:
    made = manifest("hw", "https://bot.example.org/")

    assert made["hook_attributes"]["url"] == "https://bot.example.org/webhook"


def test_the_example_is_a_manifest_without_anybodys_address() -> None:
    example = json.loads(manifest_file())

    assert set(example) == set(manifest("n", "https://bot.example.org", "http://127.0.0.1/made"))
    assert example["url"] == "https://highwater.example.org"
