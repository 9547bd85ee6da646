"""The service: wire, HTTP, processes, settings, command line."""
