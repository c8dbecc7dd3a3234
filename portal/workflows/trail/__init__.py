"""The trail: who changed what, when and why; sealed, verified, exported and told in words."""
