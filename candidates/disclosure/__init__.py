"""The copy of everything that is held about somebody, for themselves."""

from candidates.disclosure.copy import make

__all__ = ["make"]
