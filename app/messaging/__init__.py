"""What the store writes to its customers: mail and text messages, and what became of each."""
