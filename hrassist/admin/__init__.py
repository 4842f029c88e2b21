"""The recruiters' admin site and what every admin class of ours stands on; it imports no app of ours."""

from hrassist.admin.site import RecruitersSite

__all__ = ["RecruitersSite"]
