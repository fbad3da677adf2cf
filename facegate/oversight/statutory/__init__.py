"""Reports that a statute, a regulation or a settlement asks for, each a pure function of the log."""
