from portal.routes.scars import answers, closing, edit, evidence, index, record, requests, review

HANDLERS = [
    *index.HANDLERS,
    *edit.HANDLERS,
    *record.HANDLERS,
    *answers.HANDLERS,
    *evidence.HANDLERS,
    *requests.HANDLERS,
    *review.HANDLERS,
    *closing.HANDLERS,
]
