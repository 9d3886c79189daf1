"""Persons and companies who buy, own and bring robots."""
