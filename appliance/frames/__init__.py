"""The analyses for Python: data frames and arrays in, the same out."""
