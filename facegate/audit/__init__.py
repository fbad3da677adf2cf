"""The audit log: a Merkle tree over records that can be checked offline, by anybody, without a key.

Files, each importing only those before it: merkle, proofs, commitments, canonical, entry, frames,
checkpoint, sealed, storage, diagnosis, recovery, log, pairing, verify.
"""
