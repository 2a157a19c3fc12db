"""What a sweep keeps while it runs, and what of an earlier one it goes on with or puts away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.cli.output import message
from engine.errors import UserError, Where
from worker.executors.points import Done
from worker.sweep_files import SUMMARY, Manifest, clear_sweep_directory, load_manifest
from worker.sweep_journal import JOURNAL, Finished, Identity, Journal, begun, resumed

Refuse = Callable[[Done], None]


@dataclass(slots=True)
class Kept:
    """Takes in what is done. What an earlier sweep left goes when the first point is done.

    So whatever hinders a sweep from beginning (a cluster that is not there, a parameter that the
    strategy does not have: *refuse* raises it) costs no results.
    """

    place: Path
    identity: Identity
    refuse: Refuse
    journal: Journal | None = None
    finished: Finished = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    def keep(self, done: Done) -> None:
        """Append the rows of a point.

        Raises:
            UserError: the directory cannot be written to, or *refuse* raised it.
        """
        self.refuse(done)
        if self.journal is None:
            clear_sweep_directory(self.place)
            self.use(begun(self.place, self.identity))
        if self.journal is not None:
            self.journal.keep(done)

    def use(self, journal: Journal) -> None:
        """Write to *journal* from now on, until :meth:`close`."""
        self.journal = self._open.enter_context(journal)

    def remove(self) -> None:
        """Remove the journal: the sweep's directory is whole."""
        if self.journal is not None:
            self.journal.remove()

    def close(self) -> None:
        """Write to nothing any more."""
        self._open.close()


@contextmanager
def kept(place: Path, identity: Identity, refuse: Refuse, *, resume: bool) -> Iterator[Kept]:
    """Go on with what is in *place* or begin there; the interrupted are told what is not lost.

    Raises:
        UserError: what was begun there is another sweep, or its journal is damaged.
    """
    found = Kept(place, identity, refuse)
    former = resumed(place, identity) if resume else None
    if former is not None:
        found.use(former[0])
        found.finished = dict(former[1])
        message(f"Going on in {place}: {len(found.finished)} of {identity.points} points are done.")
    elif resume:
        message(f"Nothing was interrupted in {place}: starting from the beginning.")
    elif (place / JOURNAL).exists():
        left = f"what an interrupted sweep left in {place} is put away"
        message(f"Starting anew: {left}. With --resume it would have been gone on with.")
    try:
        yield found
    except BaseException:
        if found.journal is not None:
            message(f"Not finished. What is done is kept in {place}: go on with --resume.")
        raise
    finally:
        found.close()


def finished_in(place: Path, identity: Identity, commit: str | None) -> Manifest | None:
    """Give the manifest of the finished sweep in *place*; None: there is none of ours.

    *commit* is that of the code, None: of none.

    Raises:
        UserError: it is of another spec, of other data, versions or code.
    """
    if (place / JOURNAL).exists() or not (place / SUMMARY).exists():
        return None
    manifest = load_manifest(place)
    if manifest is None:
        return None
    differing = {
        "another spec": manifest.spec_hash != identity.spec,
        "other code": manifest.git_sha is not None and manifest.git_sha != commit,
        "other data": (manifest.data_hash or "") != identity.data,
        "other versions of Python or its packages": manifest.versions != identity.versions,
    }
    named = [words for words, differs in differing.items() if differs]
    if named:
        problem = f"the sweep that is finished there is of {', '.join(named)}."
        remedy = "Start anew without --resume, or name another folder with --out."
        raise UserError(problem, Where(str(place)), remedy)
    return manifest
