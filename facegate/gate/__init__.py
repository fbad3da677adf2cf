"""The gate: one guarded search, in order. Nothing else searches the gallery in serving."""
