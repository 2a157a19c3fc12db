"""Daily strategies on one index, and what they share."""
