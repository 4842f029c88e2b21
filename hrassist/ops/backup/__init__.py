"""Backups of database and files in two places, restores and drills; see docs/infrastructure/."""
