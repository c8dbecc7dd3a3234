"""Signing in with the company's own account: the provider, the way there and back, whose account it is."""
