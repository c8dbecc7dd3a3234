"""Where documents lie: files on disk, or objects in an S3 store, behind one protocol."""

from portal.storage.choose import make_store
from portal.storage.store import Arrivals, DocumentStore, Look, Stored

__all__ = ["Arrivals", "DocumentStore", "Look", "Stored", "make_store"]
