from portal.routes.escalations import deciding, plan, reading

HANDLERS = [*reading.HANDLERS, *deciding.HANDLERS, *plan.HANDLERS]
