"""Mean reversion: buy a close far below its recent average, leave when it is back."""

from __future__ import annotations

from highwater import Bars, Signals, SignalStrategy, TimeBasedExit

from strategies.signals import z_scores


class MeanReversion(SignalStrategy):
    """Buy *entry* deviations below the mean of *window* days, for a month at most."""

    window: int = 10
    entry: float = 1.5

    def signals(self, bars: Bars) -> Signals:
        """Long from a low close until one above the mean."""
        scores = z_scores(bars.close, self.window)
        return Signals.of(entries=scores < -self.entry, exits=scores > 0.0)

    def rules(self) -> tuple[TimeBasedExit, ...]:
        """What has not come back in a month is not coming."""
        return (TimeBasedExit(21),)
