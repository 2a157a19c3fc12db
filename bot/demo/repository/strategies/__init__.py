"""Daily strategies on one index."""
