"""An app of a release that breaks: its first migration adds a table, its second one fails half-way."""
