"""The machine around the program: settings, logs, addresses, systemd."""
