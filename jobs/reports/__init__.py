"""Figures and texts that are read, not changed."""
