"""The embedded Valkey: private, durable, found again."""

from __future__ import annotations

import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from bot.embedded import EmbeddedValkey, answers, prepare, redis_url, running_url, wait_until_ready
from bot.settings import read_settings
from engine.errors import UserError


@contextmanager
def _running(valkey: EmbeddedValkey) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(valkey.argv, stdout=subprocess.DEVNULL)
    try:
        wait_until_ready(valkey, lambda: process.poll() is None)
        yield process
    finally:
        process.kill()
        process.wait()


def test_what_was_queued_survives_a_kill(tmp_path: Path) -> None:
    valkey = prepare(tmp_path)
    with _running(valkey), Redis.from_url(valkey.url) as client:
        client.rpush("queue", "order")

    with _running(valkey), Redis.from_url(valkey.url) as client:
        assert client.lrange("queue", 0, -1) == [b"order"]


def test_the_socket_is_for_its_owner_alone(tmp_path: Path) -> None:
    valkey = prepare(tmp_path)

    with _running(valkey):
        assert stat.S_IMODE(valkey.socket.stat().st_mode) == 0o600


def test_nobody_gets_in_without_the_password(tmp_path: Path) -> None:
    valkey = prepare(tmp_path)

    with (
        _running(valkey),
        Redis.from_url(f"unix://{valkey.socket}") as client,
        pytest.raises(AuthenticationError),
    ):
        client.ping()


def test_the_password_stands_in_files_for_their_owner_alone(tmp_path: Path) -> None:
    valkey = prepare(tmp_path)

    modes = {stat.S_IMODE(file.stat().st_mode) for file in valkey.directory.iterdir()}
    assert modes == {0o600}


def test_the_password_is_in_no_repr_and_no_command_line(tmp_path: Path) -> None:
    valkey = prepare(tmp_path)

    password = (valkey.directory / "password").read_text()
    assert password not in repr(valkey)


def test_preparing_again_keeps_the_password(tmp_path: Path) -> None:
    assert prepare(tmp_path).url == prepare(tmp_path).url


def test_a_state_directory_with_spaces_and_quotes_works(tmp_path: Path) -> None:
    valkey = prepare(tmp_path / 'my "own" state')

    with _running(valkey):
        assert answers(valkey.url)


@pytest.fixture
def short_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give temporary files a folder whose path leaves room for a socket's."""
    with tempfile.TemporaryDirectory(prefix="hw-") as folder:
        monkeypatch.setattr("tempfile.tempdir", folder)
        yield Path(folder)


@pytest.mark.usefixtures("short_folder")
def test_a_state_directory_too_deep_for_a_socket_works(tmp_path: Path) -> None:
    valkey = prepare(tmp_path / ("deep" * 30))

    with _running(valkey):
        assert running_url(tmp_path / ("deep" * 30)) == valkey.url


@pytest.mark.usefixtures("short_folder")
def test_a_short_socket_folder_of_another_mode_is_refused(tmp_path: Path) -> None:
    folder = prepare(tmp_path / ("deep" * 30)).socket.parent
    folder.chmod(0o755)

    with pytest.raises(UserError, match="belong to you alone"):
        prepare(tmp_path / ("deep" * 30))


def test_a_running_server_is_found_by_its_state_directory(tmp_path: Path) -> None:
    valkey = prepare(tmp_path)
    settings = read_settings({"state_dir": str(tmp_path)}, environ={}, start=tmp_path)

    with _running(valkey):
        assert redis_url(settings) == valkey.url


def test_without_any_redis_the_error_says_what_to_do(tmp_path: Path) -> None:
    settings = read_settings({"state_dir": str(tmp_path)}, environ={}, start=tmp_path)

    with pytest.raises(UserError, match="highwater up"):
        redis_url(settings)


def test_a_server_that_dies_at_once_is_reported(tmp_path: Path) -> None:
    valkey = prepare(tmp_path)

    with pytest.raises(UserError, match="does not come up"):
        wait_until_ready(valkey, lambda: False)
