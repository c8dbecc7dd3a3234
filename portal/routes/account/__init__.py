from portal.routes.account import app, overview, password, sessions

HANDLERS = [*overview.HANDLERS, *password.HANDLERS, *app.HANDLERS, *sessions.HANDLERS]
