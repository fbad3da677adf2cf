"""Typed client of the service: `Client` in ``facegate.client.client``, its errors in ``errors``."""
