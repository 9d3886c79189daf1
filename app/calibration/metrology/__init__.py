"""The metrology core: pure functions from readings to figures, uncertainties and verdicts.

Nothing here reads a file, a clock or a database, so a result recomputed from the same inputs is
the same to the last bit. Sums use `math.fsum`. Angles are radians, lengths metres and times
seconds unless a name says otherwise.
"""
