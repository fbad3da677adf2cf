"""The edge of the service: what is refused before anything is looked at, and how every refusal is told."""
