from contextlib import asynccontextmanager


@asynccontextmanager
async def undone(db):
    """Whatever a generated example writes is gone before the next one."""
    savepoint = await db.begin_nested()
    try:
        yield
    finally:
        await savepoint.rollback()
        db.expunge_all()
