"""Executors: how the points of a sweep are spread over processes. All give equal rows."""
