"""Detection and forecasting on files, without any SQL."""
