"""Practice customers and agents that come in through the real edges, as real ones would."""
