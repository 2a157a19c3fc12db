"""Trend following: long the index from the day its fast average crosses above its slow one."""

from __future__ import annotations

from highwater import Bars, Signals, SignalStrategy, StopLoss

from strategies.signals import moving_average


class Trend(SignalStrategy):
    """Buy at the cross above, sell at the cross below or when a tenth is lost."""

    fast: int = 50
    slow: int = 200

    def signals(self, bars: Bars) -> Signals:
        """Long while the fast average is above the slow one."""
        fast = moving_average(bars.close, self.fast)
        slow = moving_average(bars.close, self.slow)
        return Signals.of(entries=fast > slow, exits=fast < slow)

    def rules(self) -> tuple[StopLoss, ...]:
        """A tenth below the price that was paid."""
        return (StopLoss(0.1),)
