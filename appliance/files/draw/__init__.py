"""Series and results as pictures."""
