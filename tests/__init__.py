"""The proofs: every folder is one kind of proof, from pure rules to whole days."""
