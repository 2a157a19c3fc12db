"""The use-cases of a check: start, supersede, collect, conclude, lose."""
