"""The backtest engine: bars, orders and rules in; fills, trades and equity out."""
