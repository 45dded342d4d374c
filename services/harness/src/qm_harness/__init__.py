"""The harness: datasets from market data, made by the same pipeline that serves them."""
