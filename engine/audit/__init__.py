"""The audit ledger as values: records, their one canonical form, the chain, and its examination."""
