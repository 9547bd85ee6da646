"""The HTTP service: processes, endpoints, slots, metrics."""
