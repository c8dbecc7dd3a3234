from portal.routes.months import disputes, rules, show, steps

HANDLERS = [*show.HANDLERS, *steps.HANDLERS, *rules.HANDLERS, *disputes.HANDLERS]
