"""Who cosigns: policies, the witness itself, and asking one."""
