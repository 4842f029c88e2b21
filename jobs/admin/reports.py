"""The pages of the reports: filters, what is counted, a chart, the table, and the table as CSV."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from psycopg.errors import QueryCanceled

from audit import actions as audit
from hrassist.admin import navigation
from hrassist.admin.navigation import NavItem
from hrassist.admin.site import add_page
from hrassist.lib import tables
from hrassist.lib.errors import DomainError, Unavailable
from hrassist.lib.serving import guarded
from hrassist.models import User
from jobs.admin import job_choice
from jobs.admin.report_tables import REPORTS, Report, Shown
from jobs.models import HiringTeamMember, Job
from jobs.reports.scope import DEFAULT_DAYS, Scope

PRESETS = ((30, "30 days"), (90, "90 days"), (365, "Year"))


class TookTooLong(Unavailable):
    """The database stopped counting."""

    code = "report_too_long"
    default_message = "Counting this took too long and was stopped. Choose a shorter period, one department or one job."


class Day(forms.DateInput):
    input_type = "date"


ASKED = ("since", "until", "job", "department", "recruiter")


class FilterForm(forms.Form):
    """Empty fields take their default; what the user may not see cannot be named."""

    since = forms.DateField(label="From", widget=Day(format="%Y-%m-%d"))
    until = forms.DateField(label="To", widget=Day(format="%Y-%m-%d"))
    department = forms.ChoiceField(required=False)
    recruiter = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Everybody")

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data, label_suffix="")
        fields: dict[str, Any] = self.fields
        seen = Job.objects.visible_to(user)
        fields["job"] = job_choice.field(HiringTeamMember, user=user, required=False, empty_label="All jobs")
        departments = seen.exclude(department="").order_by("department").values_list("department", flat=True).distinct()
        fields["department"].choices = [("", "All departments"), *((name, name) for name in departments)]
        team = HiringTeamMember.objects.filter(job__in=seen, role=HiringTeamMember.Role.RECRUITER).values("user")
        fields["recruiter"].queryset = User.objects.filter(pk__in=team).order_by("first_name", "username")
        fields["recruiter"].label_from_instance = lambda one: one.display_name
        self.order_fields(ASKED)


def _view(report: Report) -> Any:
    @require_safe
    def view(request: HttpRequest) -> HttpResponseBase:
        user: Any = request.user
        if not user.has_perm("jobs.view_reports"):
            raise PermissionDenied
        today = timezone.localdate()
        asked = _asked(request, today)
        form = FilterForm(asked, user=user)
        error, scope = "", _scope(user, since=today - timedelta(days=DEFAULT_DAYS - 1), until=today)
        if form.is_valid():
            said = form.cleaned_data
            try:
                scope = _scope(
                    user, since=said["since"], until=said["until"], job=said["job"].pk if said["job"] else None,
                    department=said["department"], recruiter=said["recruiter"].pk if said["recruiter"] else None,
                )  # fmt: skip
            except DomainError as refused:
                error = refused.message
        else:
            error = "; ".join(f"{form.fields[name].label or name}: {told[0]}" for name, told in form.errors.items())
        shown = _shown(report, scope)
        if "csv" in request.GET:
            audit.viewed("report.downloaded", target=None, by=user, report=report.name, since=scope.since,
                         until=scope.until, rows=len(shown.rows))  # fmt: skip
            return _csv(report, shown, scope)
        return _page(request, report, shown, scope, form=form, error=error, today=today)

    return view


def _shown(report: Report, scope: Scope) -> Shown:
    try:
        return report.show(scope)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        raise TookTooLong from error


def _asked(request: HttpRequest, today: date) -> dict[str, str]:
    asked = {name: request.GET.get(name, "") for name in ASKED}
    asked["since"] = asked["since"] or (today - timedelta(days=DEFAULT_DAYS - 1)).isoformat()
    asked["until"] = asked["until"] or today.isoformat()
    return asked


def _scope(user: Any, **said: Any) -> Scope:
    return Scope(user=user, **said)


def _page(
    request: HttpRequest, report: Report, shown: Shown, scope: Scope, *, form: FilterForm, error: str, today: date
) -> HttpResponse:
    kept = {name: value for name, value in request.GET.items() if name in ASKED and value}
    query = urlencode(kept)
    others = urlencode({name: value for name, value in kept.items() if name not in {"since", "until"}})
    context = {
        **admin.site.each_context(request),
        "title": report.title,
        "report": report,
        "tabs": [(one.title, f"{_url(one)}?{query}", one is report) for one in REPORTS],
        "shown": shown,
        "table": [[(at, cell) for at, cell in enumerate(row)] for row in shown.rows],
        "columns": list(enumerate(shown.columns)),
        "scope": scope,
        "form": form,
        "error": error,
        "narrowed": bool(others),
        "presets": [
            (label, f"?since={today - timedelta(days=days - 1)}&until={today}&{others}",
             scope.until == today and (scope.until - scope.since).days == days - 1)
            for days, label in PRESETS
        ],
        "csv": f"?{urlencode(kept | {'csv': 1})}",
    }  # fmt: skip
    return TemplateResponse(request, "admin/jobs/report.html", context)


def _csv(report: Report, shown: Shown, scope: Scope) -> HttpResponseBase:
    text = io.StringIO(newline="")
    tables.write_csv(text, [list(shown.columns), *shown.rows])
    answer = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type=tables.CSV)
    return guarded(answer, filename=f"{report.name}-{scope.since}-{scope.until}.csv", inline=False)


def _url(report: Report) -> str:
    return reverse(f"admin:{_name(report)}")


def _name(report: Report) -> str:
    return f"jobs_report_{report.name.replace('-', '_')}"


# The side bar leads to the first of them.
add_page("reports/", _view(REPORTS[0]), name="jobs_reports")
for _report in REPORTS:
    add_page(f"reports/{_report.name}/", _view(_report), name=_name(_report))

navigation.add(
    NavItem(
        label="Reports",
        url_name="admin:jobs_reports",
        icon="chart",
        permission="jobs.view_reports",
        section="Insight",
        order=70,
    )
)
