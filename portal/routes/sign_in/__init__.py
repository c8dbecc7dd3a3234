from portal.routes.sign_in import again, company, passkey, password, second_factor

HANDLERS = [
    *password.HANDLERS,
    *passkey.HANDLERS,
    *company.HANDLERS,
    *second_factor.HANDLERS,
    *again.HANDLERS,
]
