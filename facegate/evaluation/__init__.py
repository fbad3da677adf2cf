"""Error rates by group, with the interval that people, not pairs, allow; nothing here prints or draws."""
