"""Papers: the letter of an offer."""
