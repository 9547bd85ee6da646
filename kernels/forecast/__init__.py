"""Forecasters: one file each, found by `kernels.registry`."""
