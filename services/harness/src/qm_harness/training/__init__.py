"""Training of the learned signals: walk-forward, without a look ahead, into artifacts that are named by their hash."""
