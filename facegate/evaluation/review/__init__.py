"""The strangers that look most alike, for a person to look at, and what the reviewer leaves out."""
