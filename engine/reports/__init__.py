"""Verdicts as people and programs read them: comment, check, document, regression report."""
