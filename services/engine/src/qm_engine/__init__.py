"""The engine service: runs sessions, from records on the bus to grids on the bus."""
