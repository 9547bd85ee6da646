"""A node under load and under trouble for an hour: what goes wrong, what is lost, what leaks."""
