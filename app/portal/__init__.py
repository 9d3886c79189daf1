"""The customer's side: a repair, a robot and what is owed, seen and answered without an account."""
