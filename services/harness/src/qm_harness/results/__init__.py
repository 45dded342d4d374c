"""Results of experiments: append-only Parquet that several writers may fill and that survives any of them."""
