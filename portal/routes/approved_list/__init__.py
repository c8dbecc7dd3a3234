from portal.routes.approved_list import entry, index

HANDLERS = [*index.HANDLERS, *entry.HANDLERS]
