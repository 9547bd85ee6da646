"""One question about every series of a file."""
