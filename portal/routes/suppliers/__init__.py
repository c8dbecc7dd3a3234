from portal.routes.suppliers import contacts, index, record, sites

HANDLERS = [*index.HANDLERS, *record.HANDLERS, *sites.HANDLERS, *contacts.HANDLERS]
