"""The only place that knows HTTP for all domains."""
