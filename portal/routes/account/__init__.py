from portal.routes.account import absence, app, email, language, mails, overview, passkeys, password, sessions

HANDLERS = [
    *overview.HANDLERS,
    *password.HANDLERS,
    *app.HANDLERS,
    *email.HANDLERS,
    *language.HANDLERS,
    *absence.HANDLERS,
    *mails.HANDLERS,
    *passkeys.HANDLERS,
    *sessions.HANDLERS,
]
