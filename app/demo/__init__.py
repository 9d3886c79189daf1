"""The demo store: invented people and trade around robots with published figures."""

from app.demo.people import LOGINS, PASSWORD, STORE_CODE, Login
from app.demo.story import is_demo, is_empty, load

__all__ = ["LOGINS", "PASSWORD", "STORE_CODE", "Login", "is_demo", "is_empty", "load"]
