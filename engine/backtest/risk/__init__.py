"""Risk rules: values that are compiled into exit levels, and the merging of their decisions."""
