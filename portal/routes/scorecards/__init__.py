from portal.routes.scorecards import card, files, ranking

HANDLERS = [*card.HANDLERS, *files.HANDLERS, *ranking.HANDLERS]
