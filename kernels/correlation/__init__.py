"""What two columns have to do with each other: correlations, distances and tests, one file each."""
