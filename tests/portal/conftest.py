"""A workshop with a customer's robot, and the browsers of those who work there."""

from tests.service.conftest import bench, office, shop, statements_of_app

__all__ = ["bench", "office", "shop", "statements_of_app"]
