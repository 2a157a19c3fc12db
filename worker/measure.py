"""What an order asks for: two trees, their environments, and a driver that measures in them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.errors import CandidateError, UserError
from engine.orders import Evidence, RunOrder
from engine.plan import Runner
from engine.values import Side
from worker.build import Environment, Site, build, shelves
from worker.checkout import Checkout, check_out
from worker.data_mounts import Mounted, data_variables, mounted, needed
from worker.environment_cache import refuse_changed
from worker.machine import this_machine
from worker.queue.progress import CHECKING_OUT, LOOKING_AT_DATA, SETTING_UP
from worker.queue.rq_queue import measuring_limit_s
from worker.settings import RunnerSettings
from worker.suites import DRIVERS
from worker.suites.task import Progress, SideError, Task


@dataclass(frozen=True, slots=True)
class Errand:
    """Everything that the steps of one order share; *folder* is an empty one of its own."""

    order: RunOrder
    bundle: Path
    settings: RunnerSettings
    folder: Path
    progress: Progress
    data: dict[str, str] = field(default_factory=dict)  # of each mount measured on: its fingerprint


def measure(errand: Errand) -> Evidence:
    """Check out, build and measure *errand*'s order in its folder.

    The fingerprints of the data mounts that it is measured on are put into the errand's ``data``.

    Raises:
        CandidateError: the repository's code failed, or changed what it is measured with.
        MissingMountError: a data mount is not on this machine.
        UserError: a file of the repository's, or one that it wrote, is wrong.
        TransientError: this machine's fault.
        OSError: the folder cannot be written to.
    """
    errand.progress(CHECKING_OUT, 0, 1)
    checkout = check_out(errand.bundle, errand.order, errand.folder)
    environments = _built(errand, checkout.trees)
    checkout.lay_over()
    data = _mounted(errand, checkout.trees[Side.BASE])
    environments = _with_data(environments, errand)
    out = errand.folder / "out"
    out.mkdir()
    laid = _Laid(checkout)
    task = Task(
        order=errand.order,
        trees=checkout.trees,
        environments=environments,
        out=out,
        deadline=time.monotonic() + measuring_limit_s(errand.order),
        runner=_runner(errand.settings),
        progress=errand.progress,
        lay_own_copy=laid.lay_own,
        mounts=errand.settings.mounts,
    )
    try:
        evidence = DRIVERS[errand.order.suite.kind](task)
    except (CandidateError, UserError):
        with suppress(CandidateError):  # a changed environment is done away with all the same
            _refuse_changed_environments(environments)
        raise
    _refuse_changed_environments(environments)
    laid.refuse_changed()
    for one in data:
        one.refuse_changed()
    return evidence


@dataclass(slots=True)
class _Laid:
    """Whose measuring files lie in head's tree by now."""

    checkout: Checkout
    own: bool = False

    def lay_own(self) -> None:
        """Go on with head's own, once it is sure that those until now were the base's."""
        self.refuse_changed()
        self.checkout.lay_own()
        self.own = True

    def refuse_changed(self) -> None:
        """Make sure that each side was measured with what was laid over it to the end."""
        for side in Side:  # a base that does so by itself is not the candidate's fault
            changed = self.checkout.changed(side, own=self.own and side is Side.HEAD)
            if changed:
                step, ending = "the code", "changed measuring files while it was measured"
                raise SideError(step, "\n".join(changed), side, ending=ending)


def _mounted(errand: Errand, tree: Path) -> tuple[Mounted, ...]:
    """Note what is in the data mounts of the order."""
    names = needed(errand.order, tree)
    if names:
        errand.progress(LOOKING_AT_DATA, 0, 1)
    found = mounted(names, errand.settings.mounts, errand.settings.cache_dir / "mounts")
    errand.data.update({one.name: one.fingerprint for one in found})
    return found


def _with_data(
    environments: Mapping[Side, Environment], errand: Errand
) -> Mapping[Side, Environment]:
    """Let what is measured, and not what is set up, know where its data is."""
    variables = data_variables(errand.order, errand.settings.mounts)
    return {
        side: replace(one, environ={**one.environ, **variables})
        for side, one in environments.items()
    }


def _runner(settings: RunnerSettings) -> Runner:
    fingerprint = this_machine().fingerprint
    return Runner(settings.runner_name, fingerprint, settings.dedicated)


def _refuse_changed_environments(environments: Mapping[Side, Environment]) -> None:
    shared = {one.folder: one.shared for one in environments.values() if one.shared is not None}
    for sealed in shared.values():
        refuse_changed(sealed)


def _built(errand: Errand, trees: Mapping[Side, Path]) -> Mapping[Side, Environment]:
    """Build both sides' environments; their paths have one length, to be measured alike."""
    found = shelves(errand.order, trees, errand.settings, errand.folder / "environments")
    environments: dict[Side, Environment] = {}
    for side in Side:
        errand.progress(SETTING_UP, len(environments), len(Side))
        home = errand.folder / f"home-{side}"
        home.mkdir()
        own = errand.folder / f"environment-{side}"
        place = Site(tree=trees[side], home=home, own=own, shelf=found[side])
        try:
            environments[side] = build(errand.order.setup, place, errand.settings)
        except CandidateError as error:
            raise SideError(error.step, error.tail, side, ending=error.ending) from error
    return environments
