"""The misuse register: suspected misuse, yearly statements, and what is overdue, read from the log."""
