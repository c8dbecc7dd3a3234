from portal.routes.policies import back_test, editing, giving, reading, review

HANDLERS = [
    *reading.HANDLERS,
    *editing.HANDLERS,
    *review.HANDLERS,
    *back_test.HANDLERS,
    *giving.HANDLERS,
]
