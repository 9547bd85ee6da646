"""A comparison: which algorithm is best on these series."""
