"""Jitted parts shared by several algorithms."""
