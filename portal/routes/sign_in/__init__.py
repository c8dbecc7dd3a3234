from portal.routes.sign_in import again, passkey, password, second_factor

HANDLERS = [*password.HANDLERS, *passkey.HANDLERS, *second_factor.HANDLERS, *again.HANDLERS]
