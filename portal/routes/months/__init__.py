from portal.routes.months import disputes, mails, rules, show, steps

HANDLERS = [*show.HANDLERS, *steps.HANDLERS, *rules.HANDLERS, *disputes.HANDLERS, *mails.HANDLERS]
