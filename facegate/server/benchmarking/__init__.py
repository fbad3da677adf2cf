"""Measuring error rates through the service: a protocol, an upload, and the job between."""
