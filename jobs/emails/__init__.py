"""Mail to candidates: what a template becomes for one person, how it leaves, and what mail systems say afterwards."""

from jobs.emails.render import Rendered, render

__all__ = ["Rendered", "render"]
