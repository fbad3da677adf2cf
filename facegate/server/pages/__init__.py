"""Pages for people: made on the server, readable without scripts, one form after another."""
