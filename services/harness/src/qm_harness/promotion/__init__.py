"""From a run to a serving behind an alias: its evidence, its configuration, the way through the gate."""
