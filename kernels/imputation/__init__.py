"""Fillers, one file each: what was not measured, estimated from what was."""
