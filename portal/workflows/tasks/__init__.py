"""What needs whom, by when: capabilities open, move and finish tasks in the transaction of the change.

    about = tasks.About("certificate", certificate.id, certificate.number)
    await tasks.open_task(db, "certificate.renew", about, Side.SUPPLIER, supplier_id=certificate.supplier_id,
                          due=certificate.valid_until_on, zone=supplier.time_zone)
    await tasks.move(db, "certificate.renew", about, Side.US, event="Uploaded")
    await tasks.finish(db, about, "certificate.renew", by=who)

Doing any of it twice is as good as once. How a kind reads, where it leads and who may open it stands in the
capability's own ``KINDS`` (kinds.py), and ``registry.py`` has one line for each.
"""

from portal.workflows.tasks.opening import About, finish, move, open_task, pause, resume

__all__ = ["About", "finish", "move", "open_task", "pause", "resume"]
