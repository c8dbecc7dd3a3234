from portal.routes.master_data import overview, parts, records

HANDLERS = [*overview.HANDLERS, *parts.HANDLERS, *records.HANDLERS]
