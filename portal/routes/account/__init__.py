from portal.routes.account import app, email, language, mails, overview, passkeys, password, sessions

HANDLERS = [
    *overview.HANDLERS,
    *password.HANDLERS,
    *app.HANDLERS,
    *email.HANDLERS,
    *language.HANDLERS,
    *mails.HANDLERS,
    *passkeys.HANDLERS,
    *sessions.HANDLERS,
]
