from portal.routes.scars import answers, closing, edit, evidence, index, record, report, requests, review

HANDLERS = [
    *index.HANDLERS,
    *edit.HANDLERS,
    *record.HANDLERS,
    *report.HANDLERS,
    *answers.HANDLERS,
    *evidence.HANDLERS,
    *requests.HANDLERS,
    *review.HANDLERS,
    *closing.HANDLERS,
]
