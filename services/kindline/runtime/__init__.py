"""How any process starts, reports and stops: settings, clocks, health, metrics, logs, RPC servers."""
