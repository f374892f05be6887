"""The append-only journal that makes log_metric durable in microseconds."""
