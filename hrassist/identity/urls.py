"""Addresses of signing in, beside the admin's own form."""

from django.urls import path

from hrassist.identity import entry

urlpatterns = [
    path("account/verify/", entry.verify_view, name="verify"),
    path("account/enrol/", entry.enrol_view, name="enrol"),
    path("account/codes/", entry.codes_view, name="codes"),
    path("account/leave/", entry.leave_view, name="leave"),
]
