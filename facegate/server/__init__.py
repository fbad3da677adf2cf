"""The service: who asks is known, what is asked is checked, one function is called and its answer told."""
