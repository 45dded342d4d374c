"""The configuration chain: instrument, pipeline, serving and the resolved runtime, as frozen models."""
