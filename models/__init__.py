"""Trained models, behind the same contract as the kernels."""
