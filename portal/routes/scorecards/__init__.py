from portal.routes.scorecards import card, files

HANDLERS = [*card.HANDLERS, *files.HANDLERS]
