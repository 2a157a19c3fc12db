"""``highwater doctor``: every setting with its source, and whether what it leads to works."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec

from bot.cli import diagnosis, diagnosis_github, diagnosis_services
from bot.cli.command_settings import RAY_ADDRESS, UPDATE_BASELINES
from bot.cli.diagnosis import Check, Diagnosis, Refused, Subject, problem
from bot.cli.examination import examine
from bot.cli.options import setting_options
from bot.cli.output import OutputFormat, Remark, Result, emit, format_option, progress
from bot.setting_table import SETTINGS, Secret
from engine.precedence import Setting, resolve
from engine.values import ExitCode
from worker.queue.settings import current_environ
from worker.settings import RUNNER_SETTINGS

CHECKS: tuple[Check, ...] = (
    diagnosis.check_python,
    diagnosis.check_git,
    diagnosis.check_disk,
    diagnosis.check_noise,
    diagnosis.check_refused,
    diagnosis.check_names,
    diagnosis.check_private_files,
    diagnosis_services.check_redis,
    diagnosis_services.check_database,
    diagnosis_services.check_runners,
    diagnosis_github.check_forge,
    diagnosis_github.check_webhook,
    diagnosis.check_sandbox,
)
PATIENCE_S = 3.5  # for all of them together
MARKS = {"ok": "✓", "note": "·", "warning": "⚠", "problem": "❌"}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A setting as it may be shown: None where it is not set; a secret is only said to be set.

    What is not *allowed* is not shown here: its check says what is wrong with it.
    """

    name: str
    value: str | None
    source: str
    allowed: bool = True


@click.command()
@setting_options("state_dir")
@format_option
def doctor(flags: dict[str, str | None], output_format: OutputFormat) -> int:
    """Show every setting with its value and source, and check what they lead to.

    Looks at Python, git, disk, load, Redis, the runners, the database and its tables, at GitHub's
    address, this machine's clock, the App's key, permissions and webhook, all within five
    seconds. Ends with 0, or with 5 when something does not work.

    \b
    Example:
      highwater doctor
      highwater doctor --format json
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    subject = examine(flags, current_environ(), Path.cwd())
    found = _run_checks(subject)
    emit(_result(shown_settings(subject), found), output_format)
    return ExitCode.COULD_NOT_RUN if _problems(found) else ExitCode.WITHIN_BUDGET


def shown_settings(subject: Subject) -> tuple[Shown, ...]:
    """Give every setting of the bot, and those that a runner alone has, without any secret."""
    bots = {setting.field for setting in SETTINGS}
    runners = [setting for setting in RUNNER_SETTINGS if setting.field not in bots]
    refused = {one.variable: one for one in subject.refused}
    shown = (
        *(_shown(setting, subject.settings) for setting in SETTINGS),
        *(_shown(setting, subject.runner) for setting in runners),
        _shown_switch(subject),
        _shown_cluster(subject),
    )
    return tuple(_marked(one, refused.get(one.name)) for one in shown)


def redacted(url: str) -> str:
    """Leave user, password and query out of a URL.

    >>> redacted("redis://:hunter2@queue:6379/0?password=hunter2")
    'redis://…@queue:6379/0?…'
    """
    parts = urlsplit(url)
    _, at, host = parts.netloc.rpartition("@")
    netloc = f"…@{host}" if at else host
    query = "?…" if parts.query else ""
    return f"{parts.scheme}://{netloc}{parts.path}{query}"


def _marked(shown: Shown, refused: Refused | None) -> Shown:
    if refused is None:
        return shown
    return Shown(name=shown.name, value=None, source=refused.source.value, allowed=False)


def _shown_switch(subject: Subject) -> Shown:
    found = resolve(UPDATE_BASELINES, subject.layers, default=False)
    text = "1" if found.value else "0"
    return Shown(name=UPDATE_BASELINES.variable, value=text, source=found.source.value)


def _shown_cluster(subject: Subject) -> Shown:
    found = resolve(RAY_ADDRESS, subject.layers, None)
    return Shown(name=RAY_ADDRESS.variable, value=found.value, source=found.source.value)


def _shown(setting: Setting[object], settings: Any) -> Shown:
    value = getattr(settings, setting.field)
    return Shown(
        name=setting.variable,
        value=_value(setting, value),
        source=settings.sources[setting.field].value,
    )


def _value(setting: Setting[object], value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, Secret):
        return "set"
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or None
    return redacted(str(value)) if setting.secret else str(value)


def _run_checks(subject: Subject) -> tuple[Diagnosis, ...]:
    """Look at everything at once; what has not answered in time is a problem by itself."""
    looks = [_Look(check, subject) for check in CHECKS]
    until = time.monotonic() + PATIENCE_S
    for look in looks:
        look.start()
    with progress("Looking") as advance:
        for number, look in enumerate(looks):
            advance(look.about, number, len(CHECKS))
            look.join(max(0.0, until - time.monotonic()))
    return tuple(row for look in looks for row in look.rows())


class _Look(threading.Thread):
    """One check on its own thread, which nobody waits for when it hangs."""

    def __init__(self, check: Check, subject: Subject) -> None:
        self.about = check.__name__.removeprefix("check_")
        super().__init__(name=self.about, daemon=True)
        self._look = partial(check, subject)
        self._found: tuple[Diagnosis, ...] | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        """Look; an error of ours goes to whoever asks for the rows."""
        try:
            self._found = self._look()
        except BaseException as error:  # noqa: BLE001 - raised again where it is asked for
            self._error = error

    def rows(self) -> tuple[Diagnosis, ...]:
        """Give what was found."""
        if self._error is not None:
            raise self._error
        if self._found is None:
            found = f"no answer within {PATIENCE_S:g} s"
            return problem(self.about, found, "Look at the network and at what it leads to.")
        return self._found


def _problems(found: tuple[Diagnosis, ...]) -> int:
    return sum(one.status == "problem" for one in found)


def _result(settings: tuple[Shown, ...], found: tuple[Diagnosis, ...]) -> Result:
    return Result(
        human=_human(settings, found),
        document={"settings": settings, "checks": found, "problems": _problems(found)},
        remarks=tuple(_remark(one) for one in found if one.status in {"warning", "problem"}),
    )


def _human(settings: tuple[Shown, ...], found: tuple[Diagnosis, ...]) -> str:
    width = max(len(one.name) for one in settings)
    lines = ["Settings (strongest source first: flag, .env, environment, code default)"]
    lines += [f"  {one.name:<{width}}  {_in_words(one)}  [{one.source}]" for one in settings]
    lines += ["", "Checks"]
    for one in found:
        lines.append(f"  {MARKS[one.status]} {one.name}: {one.found}")
        lines += [f"      remedy: {one.remedy}"] if one.remedy else []
    problems = _problems(found)
    lines += ["", f"{problems} problem(s)." if problems else "Nothing is in the way."]
    return "\n".join(lines)


def _in_words(one: Shown) -> str:
    if not one.allowed:
        return "not allowed, see below"
    return "not set" if one.value is None else one.value


def _remark(one: Diagnosis) -> Remark:
    return Remark(
        level="error" if one.status == "problem" else "warning",
        title=f"highwater doctor: {one.name}",
        message=f"{one.found}. {one.remedy}",
    )
