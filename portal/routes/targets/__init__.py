from portal.routes.targets import answering, proposing

HANDLERS = [*answering.HANDLERS, *proposing.HANDLERS]
