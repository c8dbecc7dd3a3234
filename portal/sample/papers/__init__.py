"""Made-up certificates as PDFs, in several layouts and languages: for the demo, and to try reading on."""

from portal.sample.papers.paper import Paper, pdf
from portal.sample.papers.words import LANGUAGES

__all__ = ["LANGUAGES", "Paper", "pdf"]
