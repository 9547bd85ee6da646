"""Detectors with trained weights; inference needs no torch."""
