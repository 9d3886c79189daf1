"""One question after each handover and each repair, and what the answers say."""
