"""facegate: gated face search, a log that shows tampering, and error rates by subgroup."""
