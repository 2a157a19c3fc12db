"""What a former run measured leads to expect of this one: a suite that shrinks in silence is seen.

Which former run that is, and what a case that is gone means: docs/explanation/expected-cases.md.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

_NAMED = 3  # cases in one sentence
_SHA_DIGITS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """The *cases* that the run *run* measured of *commit*: the merge base or one before it.

    ``rewritten`` names measuring files that changed in between.
    """

    cases: tuple[str, ...] = ()
    run: str = ""
    commit: str = ""
    rewritten: tuple[str, ...] = ()

    def expected(self, listed: Collection[str] | None) -> frozenset[str]:
        """Name the cases that have to be measured; where the merge base lists its own, none.

        >>> before = Former(cases=("a", "b"), run="c6-1", commit="9f8e7d6c")
        >>> sorted(before.expected(None)), sorted(before.expected(["a"]))
        (['a', 'b'], [])
        """
        return frozenset() if listed is not None or self.rewritten else frozenset(self.cases)

    def gone(self, listed: Collection[str] | None, known: AbstractSet[str]) -> frozenset[str]:
        """Name the cases that are not *known* any more, which the measuring files may account for.

        >>> before = Former(cases=("a", "b"), rewritten=("bench.py",))
        >>> sorted(before.gone(None, {"a"})), sorted(before.gone(["a"], {"a"}))
        (['b'], [])
        """
        may_be = listed is None and self.rewritten
        return frozenset(self.cases) - known if may_be else frozenset()

    def detail(self) -> str:
        """Say who measured a case that is expected and was not measured.

        >>> Former(cases=("a",), run="c6-1", commit="9f8e7d6c5b").detail()
        'run c6-1 measured it at 9f8e7d6'
        """
        return f"run {self.run} measured it at {self.commit[:_SHA_DIGITS]}"

    def caveat(self, gone: Collection[str]) -> str:
        """Say of cases that are *gone* who measured them.

        >>> before = Former(run="c6-1", commit="9f8e7d6c5b", rewritten=("bench.py",))
        >>> before.caveat({"b"})
        'b was measured at 9f8e7d6 by run c6-1, gone since the measuring files changed (bench.py)'
        """
        named, more = ", ".join(sorted(gone)[:_NAMED]), len(gone) - _NAMED
        named = f"{named} and {more} more" if more > 0 else named
        were = "was" if len(gone) == 1 else "were"
        return (
            f"{named} {were} measured at {self.commit[:_SHA_DIGITS]} by run {self.run}, "
            f"gone since the measuring files changed ({', '.join(self.rewritten)})"
        )
