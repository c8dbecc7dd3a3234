from portal.routes.company_details import asking, contacts, details, sites

HANDLERS = [*details.HANDLERS, *contacts.HANDLERS, *sites.HANDLERS, *asking.HANDLERS]
