"""Learning models from files: what `taosanode train` does, a file for each family of models."""
