"""Source code in: a git bundle becomes two work trees, measured with one set of files.

Nothing of the repository is carried out: no hook, no filter, no configuration of this machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import TransientError
from engine.orders import RunOrder
from engine.values import Side
from worker.bare_repository import BareRepository
from worker.measuring_files import MeasuringFiles, without_bytecode


@dataclass(frozen=True, slots=True)
class Checkout:
    """Two work trees; *surplus* are measuring files of a side alone, which were deleted.

    *own* are head's own measuring files, *own_surplus* those that it does not have.
    """

    trees: Mapping[Side, Path]
    measuring: MeasuringFiles
    surplus: Mapping[Side, frozenset[str]]
    own: MeasuringFiles
    own_surplus: frozenset[str]

    def lay_over(self) -> None:
        """Bring the measuring files of both trees to the measuring commit.

        To be done again after set-up, which is the repository's own code.

        Raises:
            CandidateError: that code changed what they are read from.
            TransientError: the repository is damaged.
            OSError: the disk is full.
        """
        for side, tree in self.trees.items():
            self.measuring.lay_over(tree, self.surplus[side])

    def lay_own(self) -> None:
        """Give head's tree its own measuring files back; raises as :meth:`lay_over` does."""
        self.own.lay_over(self.trees[Side.HEAD], self.own_surplus)

    def changed(self, side: Side, *, own: bool = False) -> tuple[str, ...]:
        """Name the measuring files in a side's tree that are not any more what was laid over.

        *own*: that was head's own copy.
        """
        files = self.own if own else self.measuring
        return files.changed(self.trees[side])


def check_out(bundle: Path, order: RunOrder, into: Path) -> Checkout:
    """Unpack *bundle* below *into* as one work tree a side, measuring files laid over both.

    The measuring files are those that the suite's ``measures`` match, for a sweep also its
    spec and the data named there, as they are at ``order.measuring_from``; what exists on a
    side alone and matches is deleted there. So is all Python bytecode, which is no source code.

    Raises:
        TransientError: the bundle is missing, damaged or lacks a commit, or the disk is full.
        UserError: the sweep's spec is broken or missing, or a measuring file's name not UTF-8.
    """
    repository = BareRepository(into / "repository.git", into)
    _unpack(bundle, repository)
    measuring = MeasuringFiles(repository, order, order.measuring_from)
    own = MeasuringFiles(repository, order, order.head)
    commits = {Side.BASE: order.base, Side.HEAD: order.head}
    trees = {side: into / side for side in commits}
    for side, commit in commits.items():
        repository.must("worktree", "add", "--quiet", "--detach", str(trees[side]), commit)
        without_bytecode(trees[side])
    surplus = {side: measuring.surplus(commit) for side, commit in commits.items()}
    checkout = Checkout(trees, measuring, surplus, own, own.surplus(order.measuring_from))
    checkout.lay_over()
    return checkout


def _unpack(bundle: Path, repository: BareRepository) -> None:
    if not bundle.is_file():
        problem = f"the order's source is missing: {bundle.name}"
        raise TransientError(problem, retry_after_s=0.0)
    repository.must("init", "--quiet", "--bare", "--template=")
    fetch = ("fetch", "--quiet", "--no-write-fetch-head", "--update-head-ok")
    repository.must(*fetch, str(bundle), "+refs/*:refs/*")
