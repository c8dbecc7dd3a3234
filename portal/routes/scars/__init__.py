from portal.routes.scars import answers, closing, edit, index, record, requests, review

HANDLERS = [
    *index.HANDLERS,
    *edit.HANDLERS,
    *record.HANDLERS,
    *answers.HANDLERS,
    *requests.HANDLERS,
    *review.HANDLERS,
    *closing.HANDLERS,
]
