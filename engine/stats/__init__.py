"""Statistics: one idea a file, each formula with its source and a worked example."""
