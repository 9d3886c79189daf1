"""Bills and what settles them: journal, tenders, till sessions, card payments, issued documents."""
