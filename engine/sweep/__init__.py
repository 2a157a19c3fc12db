"""Parameter grids of strategies: points, rows, leaderboard, summary."""
