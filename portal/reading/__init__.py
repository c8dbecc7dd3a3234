"""Reading what is printed on a document: text of a PDF, and on it the fields of a certificate.

Nothing here decides anything. What is found is proposed, with the place where it stands, and a person
confirms it.
"""

from portal.reading.certificate import read_certificate
from portal.reading.found import Found, Reading
from portal.reading.pages import Page, Run, UnreadableError, pages_of

__all__ = ["Found", "Page", "Reading", "Run", "UnreadableError", "pages_of", "read_certificate"]
