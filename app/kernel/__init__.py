"""The ground floor: what every domain stands on. It knows no domain and no web."""
