"""A month of the scorecards: computed, looked at by suppliers, decided, approved, published."""
