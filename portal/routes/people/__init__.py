from portal.routes.people import index, invite, record

HANDLERS = [*index.HANDLERS, *invite.HANDLERS, *record.HANDLERS]
