class CannotStart(Exception):
    """A reason a person can act on, in one line. Exit code 2."""


class Leave(Exception):  # noqa: N818 - not an error: Ctrl-C, SIGTERM or a closed terminal
    """Asked to end: stop everything and go."""
