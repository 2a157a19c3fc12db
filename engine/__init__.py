"""Values in, values out: what is measured, how it is judged, how the judgement reads.

No clock, randomness source, environment, file, network, subprocess or log lives here.
"""
