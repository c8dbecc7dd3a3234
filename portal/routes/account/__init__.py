from portal.routes.account import overview, password, sessions

HANDLERS = [*overview.HANDLERS, *password.HANDLERS, *sessions.HANDLERS]
