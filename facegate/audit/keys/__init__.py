"""The log's own keys: made, changed, followed, and kept from contradicting themselves."""
