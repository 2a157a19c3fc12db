"""Promotion: what a head reached becomes the accepted level, by a pull request of our own."""
