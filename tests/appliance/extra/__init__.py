"""Algorithms simple enough to know their answer, in the form of an operator's own files."""
