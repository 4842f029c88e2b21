"""Finding records that seem to be one person, by the addresses, numbers and links they share."""

from candidates.duplicates.search import Found, catch_up, regroup, search_all

__all__ = ["Found", "catch_up", "regroup", "search_all"]
