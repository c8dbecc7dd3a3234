"""Refusals: what the portal says no to, as a sentence that its reader can act on."""


class RefusalError(Exception):
    """Carries the HTTP status that a refusal answers with, and its sentence."""

    status = 400

    def __init__(self, sentence: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.retry_after = retry_after


class NotFoundError(RefusalError):
    """Missing and forbidden look the same from outside."""

    status = 404

    def __init__(self, sentence: str = "There is nothing here, or it is not yours to see.") -> None:
        super().__init__(sentence)


class SignInError(RefusalError):
    """Nobody is signed in, or no longer."""

    status = 401


class ProofError(RefusalError):
    """Somebody is signed in, and has to show once more who they are."""

    status = 401


class ForbiddenError(RefusalError):
    """The request itself is not to be trusted: a forged form, another site's page."""

    status = 403


class NotReadyError(RefusalError):
    """The step is not next; nothing was changed."""

    status = 409


class StaleError(RefusalError):
    """Somebody changed the record since it was shown."""

    status = 412


class TooLargeError(RefusalError):
    status = 413


class BadInputError(RefusalError):
    status = 422


class TooManyError(RefusalError):
    status = 429


class BusyError(RefusalError):
    """Something we need is away or full for the moment."""

    status = 503
