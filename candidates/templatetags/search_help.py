"""The list of what a search of people understands, for its help."""

from typing import Any

from django import template

from candidates.search import operators
from candidates.search.operators import Operator

register = template.Library()


@register.simple_tag(takes_context=True)
def search_operators(context: dict[str, Any]) -> list[Operator]:
    """The operators that whoever looks at the page may use."""
    return operators.offered(context["request"].user)
