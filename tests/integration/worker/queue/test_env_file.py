from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import Settings, github_credentials, read_settings, where_to_set
from engine.errors import UserError, Where
from engine.precedence import Source
from worker.queue.settings import NO_ENV_FILE


def read(start: Path, **environ: str) -> Settings:
    return read_settings({}, environ=environ, start=start)


def test_the_env_file_of_the_start_directory_goes_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HIGHWATER_PORT=1\n")
    settings = read(tmp_path, HIGHWATER_PORT="2")
    assert (settings.port, settings.sources["port"]) == (1, Source.DOT_ENV)


def test_a_flag_goes_before_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HIGHWATER_PORT=1\n")
    assert read_settings({"port": "3"}, environ={}, start=tmp_path).port == 3


def test_without_an_env_file_the_environment_holds(tmp_path: Path) -> None:
    assert read(tmp_path, HIGHWATER_PORT="2").port == 2


def test_another_file_can_be_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HIGHWATER_PORT=1\n")
    (tmp_path / "prod.env").write_text("HIGHWATER_PORT=3\n")
    assert read(tmp_path, HIGHWATER_ENV_FILE="prod.env").port == 3


def test_no_file_at_all_can_be_asked_for(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HIGHWATER_PORT=1\n")
    assert read(tmp_path, HIGHWATER_ENV_FILE=NO_ENV_FILE).port == 8787


def test_a_named_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"prod\.env: HIGHWATER_ENV_FILE names a file that"):
        read(tmp_path, HIGHWATER_ENV_FILE="prod.env")


@pytest.mark.parametrize("text", ["no equals sign", "HIGHWATER_PORT", "A='open"])
def test_a_line_that_is_no_setting_is_named_by_its_number(tmp_path: Path, text: str) -> None:
    (tmp_path / ".env").write_text(f"# comment\n\nHIGHWATER_PORT=1\n\n{text}\nB=1\n")
    with pytest.raises(UserError, match=r"\.env:5: This line is not a setting"):
        read(tmp_path)


def test_quotes_comments_and_export_are_understood(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("export HIGHWATER_HOST='0.0.0.0' # all\n")
    assert read(tmp_path).host == "0.0.0.0"


def test_a_dollar_sign_in_a_secret_is_nothing_but_itself(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HIGHWATER_WEBHOOK_SECRET=a${HOME}$b\n")
    assert [one.reveal() for one in read(tmp_path).webhook_secrets] == ["a${HOME}$b"]


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\n")
    with pytest.raises(UserError, match="UTF-8"):
        read(tmp_path)


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(UserError, match="Cannot be read"):
        read(tmp_path)


def test_the_private_key_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("-----BEGIN X-----\n")
    settings = of_the_app(tmp_path)
    assert github_credentials(settings).private_key.reveal() == "-----BEGIN X-----\n"


def test_a_private_key_file_that_is_missing_is_refused_when_it_is_needed(tmp_path: Path) -> None:
    settings = of_the_app(tmp_path)
    with pytest.raises(UserError, match="private key cannot be read"):
        github_credentials(settings)


def of_the_app(start: Path) -> Settings:
    file = str(start / "key.pem")
    return read(start, HIGHWATER_GITHUB_APP_ID="1", HIGHWATER_GITHUB_PRIVATE_KEY_FILE=file)


def test_what_is_lacking_would_stand_in_the_env_file_that_there_is(tmp_path: Path) -> None:
    (tmp_path / ".env").touch()
    assert where_to_set(read(tmp_path), "A") == Where(str(tmp_path / ".env"), field="A")


def test_what_is_lacking_is_not_said_to_stand_in_a_file_that_there_is_not(tmp_path: Path) -> None:
    assert where_to_set(read(tmp_path), "A") == Where("environment", field="A")
