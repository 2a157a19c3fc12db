"""Promotion: whether what was measured may become a baseline, and the files that it becomes."""
