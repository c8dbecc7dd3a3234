"""The approved supplier list: who may deliver what, from where, until when, and why."""
