"""One base for everything that can be refused. `code` is stable and the same in REST and GraphQL."""

from typing import ClassVar


class Refused(Exception):
    """A request that the rules refuse. Subclasses live beside what raises them and set `code`, `status` and `title`.

    `message` says what is wrong and what to do; it is shown to people. `field` names the input it is about.
    `details` are plain values a program may use (what is left, which row).
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "Refused"

    def __init__(self, message: str = "", *, field: str = "", **details: object) -> None:
        super().__init__(message or self.title)
        self.message = message or self.title
        self.field = field
        self.details = details


class NotFound(Refused):
    """It does not exist, or it is someone else's: the answer is the same."""

    code = "not_found"
    status = 404
    title = "Not found"


class NotAllowed(Refused):
    code = "not_allowed"
    status = 403
    title = "You may not do this"


class NotSignedIn(Refused):
    code = "not_signed_in"
    status = 401
    title = "Sign in or send a key"


class Invalid(Refused):
    """The input has the wrong shape or value; `field` says where."""

    code = "invalid"
    status = 422
    title = "Invalid input"


class Conflict(Refused):
    code = "conflict"
    status = 409
    title = "It has changed meanwhile"
