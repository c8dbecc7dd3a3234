from portal.routes.account import app, email, overview, passkeys, password, sessions

HANDLERS = [
    *overview.HANDLERS,
    *password.HANDLERS,
    *app.HANDLERS,
    *email.HANDLERS,
    *passkeys.HANDLERS,
    *sessions.HANDLERS,
]
