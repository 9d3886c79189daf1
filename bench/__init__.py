"""How fast the service is, as ratios within one run; `python -m bench` (`make bench`)."""
