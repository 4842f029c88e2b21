"""One family of errors for everything a user can mend; each edge translates it once."""

from typing import Any


class DomainError(Exception):
    """A refusal with a stable code, a sentence for a person, and what to do about it.

    The API answers `status` with a problem document, pages show the message, commands exit 1 with it.
    """

    code = "refused"
    status = 422
    default_message = "This cannot be done."

    def __init__(self, message: str = "", *, code: str = "", fields: dict[str, list[str]] | None = None, **params: Any):
        self.message = (
            (message or self.default_message).format(**params) if params else (message or self.default_message)
        )
        if code:
            self.code = code
        self.fields = fields or {}
        self.params = params
        super().__init__(self.message)


class Conflict(DomainError):
    """The record is no longer in the state the request was made for."""

    code = "conflict"
    status = 409


class Gone(DomainError):
    """What was asked for existed and has expired."""

    code = "gone"
    status = 410


class NotFound(DomainError):
    """Nothing here that this person may know of."""

    code = "not_found"
    status = 404
    default_message = "There is nothing here that you may see."


class Unavailable(DomainError):
    """A part we depend on does not answer; nothing was changed and a later try may work."""

    code = "unavailable"
    status = 503
    default_message = "This is not available right now. Nothing was changed; please try again in a minute."
