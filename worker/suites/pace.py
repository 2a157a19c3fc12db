"""How long pairs of launches take, by how many cases they are of: what still fits into the time."""

from __future__ import annotations

from dataclasses import dataclass, field

MARGIN = 1.25  # of the slowest pair so far, for one that is slower still
FEWEST = 8  # pairs that a case is given the time for: most are decided by then


@dataclass(slots=True)
class Pace:
    """The slowest pair so far of each number of cases, in seconds."""

    slowest: dict[int, float] = field(default_factory=dict)

    def note(self, cases: int, pair_s: float) -> None:
        """Take in that a pair of so many *cases* took *pair_s* seconds."""
        self.slowest[cases] = max(self.slowest.get(cases, 0.0), pair_s)

    def expected_s(self, cases: int | None) -> float:
        """Say how long a pair of *cases* (None: all) may take; 0.0 before anything is known.

        Between what was seen it is interpolated, beyond it is in proportion.

        >>> pace = Pace({10: 4.0, 20: 6.0})
        >>> pace.expected_s(None), pace.expected_s(15), pace.expected_s(5), pace.expected_s(40)
        (6.0, 5.0, 2.0, 12.0)
        """
        if not self.slowest:
            return 0.0
        wanted = max(self.slowest) if cases is None else cases
        if wanted in self.slowest:
            return self.slowest[wanted]
        less = max((one for one in self.slowest if one < wanted), default=None)
        more = min((one for one in self.slowest if one > wanted), default=None)
        if less is None or more is None:
            known = more if less is None else less
            return 0.0 if not known else self.slowest[known] * wanted / known
        rise = (self.slowest[more] - self.slowest[less]) / (more - less)
        return self.slowest[less] + rise * (wanted - less)

    def fits(self, cases: int | None, left_s: float, pairs: int = 1) -> bool:
        """Whether so many pairs of *cases* (None: all) would likely end within *left_s*."""
        return pairs * self.expected_s(cases) * MARGIN <= left_s

    def at_most(self, left_s: float) -> int:
        """Say how many cases can be given their fewest pairs in *left_s*; at least one.

        >>> Pace({100: 10.0}).at_most(20.0), Pace({100: 10.0}).at_most(0.0)
        (20, 1)
        """
        most = max(self.slowest, default=1)
        return next((n for n in range(most, 1, -1) if self.fits(n, left_s, FEWEST)), 1)


__all__ = ["FEWEST", "MARGIN", "Pace"]
