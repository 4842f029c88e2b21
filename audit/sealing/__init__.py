"""Seals over the trail: what is hashed, who signs, where copies lie, and how all of it is checked."""
