from portal.routes.scorecards import card, comparing, files, movement, ranking, trying

HANDLERS = [
    *card.HANDLERS,
    *comparing.HANDLERS,
    *files.HANDLERS,
    *movement.HANDLERS,
    *ranking.HANDLERS,
    *trying.HANDLERS,
]
