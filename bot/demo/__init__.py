"""The demonstration: a small trading-research project, three pull requests, the whole path."""
