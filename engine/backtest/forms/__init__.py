"""The three forms of a strategy: arrays, one call a timestamp, one call an event."""
