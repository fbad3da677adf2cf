"""Filling the gallery through the service: uploads, and the job that enrolls them."""
