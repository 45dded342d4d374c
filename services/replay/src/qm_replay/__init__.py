"""The replay service: market records from the lake onto the bus, as fast as a session wants them."""
