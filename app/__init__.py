"""Quatrefoil: point of sale and service for humanoid-robot 4S stores."""
