"""One file per command of the shell. Each offers ``arguments(parser)`` and ``run(arguments) -> exit code``."""
