from portal.routes.months import bundle, corrections, disputes, mails, rules, show, steps

HANDLERS = [
    *show.HANDLERS,
    *steps.HANDLERS,
    *rules.HANDLERS,
    *disputes.HANDLERS,
    *mails.HANDLERS,
    *corrections.HANDLERS,
    *bundle.HANDLERS,
]
