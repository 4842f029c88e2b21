"""Every address of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from hrassist.health import livez, readyz
from hrassist.policy_reports import take_reports

handler400 = "hrassist.api.errors.bad_request"
handler403 = "hrassist.api.errors.permission_denied"
handler404 = "hrassist.api.errors.not_found"
handler500 = "hrassist.api.errors.server_error"

urlpatterns = [
    path("livez", livez),
    path("readyz", readyz),
    path(settings.POLICY_REPORTS_PATH, take_reports, name="policy-reports"),
    path("api/v1/", include("hrassist.api.urls")),
    path("files/", include("candidates.views")),
    path("careers/", include("jobs.views.careers")),
    path("apply/", include("jobs.views.apply")),
    path("my/", include("jobs.views.my")),
    path("", include("hrassist.identity.urls")),
    path("", include("candidates.api.storage")),
    path("", include("jobs.api.bounces")),
    path("", admin.site.urls),
]
