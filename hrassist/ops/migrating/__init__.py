"""Migrations that stop and go back by themselves: see docs/infrastructure/bad-deploy.md."""
