"""The only code that touches Kafka: topics, codec, the ports, and what stands behind them."""
