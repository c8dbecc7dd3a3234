from portal.routes.documents import general, send, show

HANDLERS = [*send.HANDLERS, *show.HANDLERS, *general.HANDLERS]
