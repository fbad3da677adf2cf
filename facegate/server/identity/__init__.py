"""Who is asking: accounts, keys, tokens, sessions, roles; and what each role may ask for."""
