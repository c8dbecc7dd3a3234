"""What stands behind a card, in the order in which a reader asks for it."""
