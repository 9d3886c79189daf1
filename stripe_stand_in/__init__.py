"""A small local server that speaks Stripe's HTTP, for the demo and for tests.

It shares nothing with the shop: no import goes either way. `README.md` beside this file
says what it offers and how to steer it.
"""
