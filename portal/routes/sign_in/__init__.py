from portal.routes.sign_in import again, password, second_factor

HANDLERS = [*password.HANDLERS, *second_factor.HANDLERS, *again.HANDLERS]
