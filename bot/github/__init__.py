"""The forge that is GitHub, and what GitHub itself fixes: signatures, limits, shapes."""
