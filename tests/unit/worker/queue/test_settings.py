from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.precedence import Source
from worker.queue.settings import (
    default_cache_dir,
    default_runner_tags,
    default_state_dir,
    parse_log_level,
    parse_name,
    parse_redis_url,
    parse_tags,
    read_layers,
)


def test_tags_are_sorted_and_each_once() -> None:
    assert parse_tags("x86_64, linux,linux") == ("linux", "x86_64")


@pytest.mark.parametrize("text", ["", " , ", "a,b,c,d,e,f,g", "Linux", "a b", "-a", "a+b", "a:pr"])
def test_what_is_no_list_of_tags_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the caller's
        parse_tags(text)


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost:6379/0",
        "rediss://:p@queue/1",
        "unix:///run/valkey.sock",
        "unix://:p@/run/valkey.sock",
    ],
)
def test_a_url_of_redis_is_kept_as_it_is(url: str) -> None:
    assert parse_redis_url(url) == url


@pytest.mark.parametrize("url", ["", "localhost:6379", "http://localhost", "redis://", "unix://"])
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the caller's
        parse_redis_url(url)


@pytest.mark.parametrize("name", ["a b", "-a", "a/b", "a" * 64, "ä"])
def test_a_runner_name_with_other_characters_is_refused(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the caller's
        parse_name(name)


def test_a_log_level_may_be_written_in_small_letters() -> None:
    assert parse_log_level("debug") == "DEBUG"


def test_a_log_level_of_our_own_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        parse_log_level("LOUD")


def test_directories_follow_the_xdg_variables() -> None:
    environ = {"XDG_STATE_HOME": "/s", "XDG_CACHE_HOME": "/c"}
    places = (default_state_dir(environ), default_cache_dir(environ))
    assert [str(place) for place in places] == ["/s/highwater", "/c/highwater"]


def test_a_relative_xdg_variable_is_ignored() -> None:
    assert default_state_dir({"XDG_STATE_HOME": "here"}) == default_state_dir({})


def test_the_default_tags_are_tags() -> None:
    assert parse_tags(",".join(default_runner_tags())) == default_runner_tags()


def dot_env(start: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    (layer,) = [one for one in read_layers({}, environ, start) if one.source is Source.DOT_ENV]
    return layer.values


def test_a_job_of_github_actions_reads_no_env_file_of_the_tree_it_starts_in(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").write_text("HIGHWATER_STATE_DIR=forged-evidence\n")

    assert dot_env(tmp_path, {"GITHUB_ACTIONS": "true"}) == {}
    assert dot_env(tmp_path, {}) == {"HIGHWATER_STATE_DIR": "forged-evidence"}


def test_a_job_of_github_actions_reads_the_env_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("HIGHWATER_PORT=1\n")
    job = {"GITHUB_ACTIONS": "true", "HIGHWATER_ENV_FILE": "mine"}

    assert dot_env(tmp_path, job) == {"HIGHWATER_PORT": "1"}
