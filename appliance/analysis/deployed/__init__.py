"""Models that operators bring to a running node, as data: checked, stored, and asked."""
