from portal.routes.scars import (
    answers,
    closing,
    edit,
    evidence,
    improvement,
    index,
    record,
    report,
    requests,
    review,
)

HANDLERS = [
    *index.HANDLERS,
    *improvement.HANDLERS,
    *edit.HANDLERS,
    *record.HANDLERS,
    *report.HANDLERS,
    *answers.HANDLERS,
    *evidence.HANDLERS,
    *requests.HANDLERS,
    *review.HANDLERS,
    *closing.HANDLERS,
]
