from portal.routes.scorecards import card, files, ranking, trying

HANDLERS = [*card.HANDLERS, *files.HANDLERS, *ranking.HANDLERS, *trying.HANDLERS]
