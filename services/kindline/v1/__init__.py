"""The published wire format, generated from protos/ by make protos; only this file is written by hand."""
