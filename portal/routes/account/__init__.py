from portal.routes.account import app, email, language, overview, passkeys, password, sessions

HANDLERS = [
    *overview.HANDLERS,
    *password.HANDLERS,
    *app.HANDLERS,
    *email.HANDLERS,
    *language.HANDLERS,
    *passkeys.HANDLERS,
    *sessions.HANDLERS,
]
