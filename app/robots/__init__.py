"""Makers, models and units: the life of each robot by its serial number."""
