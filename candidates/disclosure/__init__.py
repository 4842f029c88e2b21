"""The copy of everything that is held about somebody, for themselves."""

from candidates.disclosure.copy import expire, make
from candidates.disclosure.document import SCHEMA_VERSION, document_of

__all__ = ["SCHEMA_VERSION", "document_of", "expire", "make"]
