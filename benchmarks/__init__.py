"""Speed and quality figures, each beside a named peer measured in the same run."""
