"""The mathematics: detectors, forecasters and the numerics they share. No server, no files, no clock."""
