from portal.settings import Settings
from portal.storage.disk import DiskStore
from portal.storage.store import DocumentStore


def make_store(settings: Settings) -> DocumentStore:
    """Give the store that is configured: S3 when a bucket is named, else files in the data folder."""
    if settings.s3:
        from portal.storage.s3 import S3Store  # noqa: PLC0415 - boto3 takes half a second that most never need

        return S3Store(settings.s3, spool=settings.data_dir / "spool")
    return DiskStore(settings.documents_dir)
