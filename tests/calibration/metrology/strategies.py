"""Inputs that the property tests of the metrology core draw from."""

import math

from hypothesis import settings
from hypothesis import strategies as st

from app.calibration.metrology.rotation import RigidTransform, matrix_from_rpy

# The same examples on every run: a red build is never luck.
modest = settings(max_examples=30, deadline=None, derandomize=True)

values = st.floats(-1000, 1000, allow_subnormal=False)
small = st.floats(-1, 1, allow_subnormal=False)
sizes = st.floats(1e-3, 1e3)
shares = st.floats(0.01, 0.99)
angles = st.floats(-math.pi, math.pi)
readings = st.lists(values, min_size=2, max_size=12)
points = st.tuples(small, small, small)
clouds = st.lists(points, min_size=2, max_size=8)
orders = st.randoms(use_true_random=False)
motions = st.builds(
    lambda turn, shift: RigidTransform(matrix_from_rpy(turn), shift),
    st.tuples(angles, angles, angles),
    points,
)
NOT_NUMBERS = (math.nan, math.inf, -math.inf)
