"""The one exception a user may cause: what was wrong, its value, what is allowed."""


class EngineError(Exception):
    """A user's mistake, told in one sentence. Anything else that escapes is a bug."""
