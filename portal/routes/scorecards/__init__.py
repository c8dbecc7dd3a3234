from portal.routes.scorecards import card, comparing, files, ranking, trying

HANDLERS = [*card.HANDLERS, *comparing.HANDLERS, *files.HANDLERS, *ranking.HANDLERS, *trying.HANDLERS]
