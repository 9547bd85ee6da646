"""Files to series."""
