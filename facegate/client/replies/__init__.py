"""What the service answers, typed; a file for each family of endpoints."""
