"""Stores, their tills, tax rates and business day."""
