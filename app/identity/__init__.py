"""Staff, roles and permissions, terminals, sessions and API tokens."""
