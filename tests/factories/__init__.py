"""Records with valid defaults; a test names only what its story is about."""
