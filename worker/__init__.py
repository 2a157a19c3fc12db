"""Order in, report out: runs repositories' code, which it does not trust, on a tagged machine."""
