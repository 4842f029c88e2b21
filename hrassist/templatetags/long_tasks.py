"""The sign in the top bar that something of mine runs."""

from typing import Any

from django import template

from hrassist import long_tasks as tasks

register = template.Library()


@register.inclusion_tag("admin/hrassist/longtask/running.html", takes_context=True)
def running_tasks(context: dict[str, Any]) -> dict[str, Any]:
    return {"running": tasks.of_user(context["request"].user)}
