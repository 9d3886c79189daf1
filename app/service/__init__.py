"""Service: a robot's way from intake to release, and why it waits."""
