"""The audit log: records nobody can quietly change, checked offline by anybody, without a secret key.

Files of this room are the writer's: merkle, proofs, commitments, canonical, entry, frames, checkpoint,
storage, recovery, log; and its readers: pairing, verify, reading, replay. Rooms beside them:

- ``sealing``: what the log hides, under keys that can be destroyed; erasure; showing single fields;
- ``signed``: notes, checkpoints, receipts in the formats of C2SP; ``keys``: the log's own;
- ``witnesses``: who cosigns; ``published``: the log as static files; ``watching``: monitor and fsck.
"""
