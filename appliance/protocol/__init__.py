"""What goes over the wire between database and node: requests, answers, options."""
