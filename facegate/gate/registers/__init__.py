"""The agency's registers: people, cases, papers, what is shared, and what must be in order."""
