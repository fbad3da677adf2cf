"""Acts: what can be asked of the service, each for somebody; they know nothing of HTTP."""
