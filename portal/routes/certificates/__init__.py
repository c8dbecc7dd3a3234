from portal.routes.certificates import adding, calendar, index, record, requirements, review, types

HANDLERS = [
    *adding.HANDLERS,
    *calendar.HANDLERS,
    *index.HANDLERS,
    *record.HANDLERS,
    *requirements.HANDLERS,
    *review.HANDLERS,
    *types.HANDLERS,
]
