"""A signal as it will be served: bin by bin through the engine's code, timed, held against its offline replay."""
