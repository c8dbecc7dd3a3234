"""What we hold about a supplier's company, read and confirmed by its own people."""
