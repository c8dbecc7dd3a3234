"""Certificates: who must hold which, handing one in, reviewing it, and what follows when it runs out."""
