"""Signed notes, checkpoints and receipts, in the formats of C2SP."""
