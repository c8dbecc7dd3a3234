from portal.routes.nonconformances import index, record

HANDLERS = [*index.HANDLERS, *record.HANDLERS]
