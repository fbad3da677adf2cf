"""Steps that change the service's tables, one file each."""
