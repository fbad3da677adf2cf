"""Limits against dragnets: how many probes, how many people shown, and when a supervisor is asked."""
