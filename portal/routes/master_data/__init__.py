from portal.routes.master_data import lists, overview, records

HANDLERS = [*overview.HANDLERS, *lists.HANDLERS, *records.HANDLERS]
