from portal.routes.account import app, overview, passkeys, password, sessions

HANDLERS = [*overview.HANDLERS, *password.HANDLERS, *app.HANDLERS, *passkeys.HANDLERS, *sessions.HANDLERS]
