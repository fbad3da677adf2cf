"""Photos from strangers: opened in a process of their own, kept as plain pixels, and looked at before use."""
