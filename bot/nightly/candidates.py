"""Candidates: baseline files as they would be, made of what nights have measured of a tip.

Nobody is asked to accept them; they lie in the state directory for whoever wants to.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.mirror import Mirror
from bot.promotion.gathered import Head, gathered
from bot.services import Services
from bot.store.checks import CheckRecord, RunRecord, RunStatus
from engine.configuration import Suite
from engine.errors import UserError
from engine.promotion.evidence import EvidenceRun, counted
from engine.promotion.files import (
    Candidate,
    Origin,
    candidate_files,
    candidate_path,
    scenarios,
)
from engine.revision import rule_revision
from engine.sweep.spec import parse_sweep_spec
from engine.values import CommitSha, RepositoryName, SuiteKind

log = logging.getLogger(__name__)


def candidates_folder(state_dir: Path, repository: RepositoryName) -> Path:
    """Say where a repository's candidates are, each under the path that it has in the repository.

    >>> candidates_folder(Path("state"), RepositoryName("ada/strategies")).as_posix()
    'state/candidates/ada/strategies'
    """
    return state_dir / "candidates" / repository


def keep_candidates(services: Services, check: CheckRecord, mirror: Mirror) -> tuple[Path, ...]:
    """Write the candidates of the suites that a check of a night has measured; gives their files.

    The same runs give the same bytes; what an earlier night left is replaced. What cannot be made
    is logged: it is no news of the check.
    """
    folder = candidates_folder(services.state_dir, check.repository)
    written: list[Path] = []
    for run in services.checks.runs(check.id):
        if run.status is RunStatus.REPORTED and run.order.confirms is None:
            written += _kept(services, check, run, mirror, folder)
    return tuple(written)


def _kept(
    services: Services, check: CheckRecord, run: RunRecord, mirror: Mirror, folder: Path
) -> Iterator[Path]:
    name, suite = run.order.suite_name, run.order.suite
    found = gathered(services, Head(check.repository, None, check.head), name, suite)
    for fingerprint in sorted({one.fingerprint for one in found}):
        runs = [one for one in found if one.fingerprint == fingerprint]
        try:
            for candidate in _candidates(check, run, mirror, runs):
                yield _write(folder, candidate)
        except (UserError, OSError, ValueError) as problem:
            extra = {"check": check.id, "suite": name, "problem": str(problem)}
            log.info("no_candidate", extra=extra)


def _candidates(
    check: CheckRecord, run: RunRecord, mirror: Mirror, found: Sequence[EvidenceRun]
) -> tuple[Candidate, ...]:
    name, suite = run.order.suite_name, run.order.suite
    runs = counted(found, rule_revision()).runs
    if not runs:
        return ()
    # Of several baselines, which is to be accepted is for whoever copies them to say.
    named: tuple[str | None, ...] = scenarios(suite) or (None,)
    paths = [candidate_path(name, suite, runs, scenario) for scenario in named]
    present = {path: mirror.read(check.head, path) for path in paths}
    return candidate_files(suite, runs, _origin(check, suite, mirror), present)


def _origin(check: CheckRecord, suite: Suite, mirror: Mirror) -> Origin:
    """Name the tip, and the spec that its sweep was carried out by: the base's."""
    spec = suite.spec if suite.kind is SuiteKind.SWEEP else None
    data = None if spec is None else mirror.read(CommitSha(check.base), spec)
    if data is None or spec is None:
        return Origin(commit=check.head)
    return Origin(commit=check.head, spec_hash=parse_sweep_spec(data, spec).spec_hash)


def _write(folder: Path, candidate: Candidate) -> Path:
    """Write a candidate whole or not at all, and nowhere but below *folder*."""
    path = (folder / candidate.path).resolve()
    if not path.is_relative_to(folder.resolve()):
        message = f"{candidate.path} is outside of the folder"
        raise ValueError(message)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(candidate.content)
    partial.replace(path)
    log.info("candidate_written", extra={"file": str(path), "expires": candidate.expires_utc})
    return path
