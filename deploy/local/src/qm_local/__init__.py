"""The local supervisor: brokers and services as processes on one machine."""
