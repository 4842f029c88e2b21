"""The careers page: live posts, searched by words, department and place, and each post in its languages."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from hrassist.lib.prose import blocks
from jobs.actions import links
from jobs.models import JobPost
from jobs.views.edge import nothing_here, public

PER_PAGE = 30
INDEXED = "all"


@require_safe
@public(robots=INDEXED)
def careers(request: HttpRequest) -> HttpResponseBase:
    """Every live post of the careers page; one job counts once, in the language asked for where there is one."""
    live = JobPost.objects.live().filter(board=links.CAREERS)
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "department", "place", "language")}
    found = live
    if asked["q"]:
        found = found.filter(Q(title__icontains=asked["q"]) | Q(body__icontains=asked["q"]))
    if asked["department"]:
        found = found.filter(job__department=asked["department"])
    if asked["place"] == "remote":
        found = found.filter(job__remote=True)
    elif asked["place"]:
        found = found.filter(job__city=asked["place"])
    if asked["language"]:
        found = found.filter(language=asked["language"])
    facts = list(live.values_list("job__department", "job__city", "job__remote", "language").distinct()[:2000])
    page = Paginator(found.select_related("job").order_by("-published_at", "pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "asked": asked,
        "is_filtered": any(asked.values()),
        "departments": sorted({one[0] for one in facts if one[0]}),
        "places": sorted({one[1] for one in facts if one[1]}),
        "has_remote": any(one[2] for one in facts),
        "languages": sorted({one[3] for one in facts}),
        "total": live.values("job").distinct().count(),
    }
    return render(request, "public/careers.html", context)


@require_safe
@public(robots=INDEXED)
def post(request: HttpRequest, jobpost_id: UUID) -> HttpResponseBase:
    """One live post, with the same job in other languages and the way to apply."""
    live = JobPost.objects.live().filter(board=links.CAREERS).select_related("job")
    one = live.filter(pk=jobpost_id).first()
    if one is None:
        return nothing_here(request)
    context = {
        "post": one,
        "job": one.job,
        "blocks": blocks(one.body),
        "others": live.filter(job=one.job).exclude(pk=one.pk).order_by("language"),
        "link": links.of_careers_page(one.job, now=timezone.now()),
    }
    return render(request, "public/post.html", context)


app_name = "careers"
urlpatterns = [
    path("", careers, name="list"),
    path("<uuid:jobpost_id>/", post, name="post"),
]
