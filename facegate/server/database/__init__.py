"""The service's own books: accounts, keys, sessions, replies kept for repeated requests, jobs."""
