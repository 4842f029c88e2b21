"""The recruiters' admin site."""

from django.contrib.admin import AdminSite


class RecruitersSite(AdminSite):
    site_header = "hrassist"
    site_title = "hrassist"
    index_title = "Dashboard"
