"""Parts and accessories that are counted: a ledger of movements between places."""
