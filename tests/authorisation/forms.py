"""The forms of a page as a browser would send them, and bodies of the API as its schema describes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from django.utils import timezone

Data = dict[str, list[str]]


@dataclass(slots=True)
class Form:
    """One form: where it goes, what it sends, and its buttons, each of which sends something else."""

    method: str
    action: str
    data: Data = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def sent(self) -> list[tuple[str, Data]]:
        """What each button sends, under a name that tells them apart."""
        named = [(f"{name}={value}", self.data | {name: [value]}) for name, value in self.buttons if name]
        return named or [("", self.data)]


class _Reader(HTMLParser):
    def __init__(self, page: str):
        super().__init__()
        self.page, self.forms, self.by_id = page, [], {}
        self._open: Form | None = None
        self._select: tuple[Form, str, list[tuple[str, bool]]] | None = None
        self._area: tuple[Form, str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(said.get("method", "get").lower(), said.get("action") or self.page)
            self.forms.append(self._open)
            self.by_id[said.get("id", "")] = self._open
            return
        form = self.by_id.get(said["form"]) if "form" in said else self._open
        if form is None:
            return
        name, value = said.get("name", ""), said.get("value", "")
        if tag == "button" or (tag == "input" and said.get("type") == "submit"):
            if "formaction" in said:
                other = Form(form.method, said["formaction"], form.data, [(name, value)])
                self.forms.append(other)
            else:
                form.buttons.append((name, value))
        elif tag == "select" and name:
            self._select = (form, name, [])
        elif tag == "option" and self._select:
            self._select[2].append((value, "selected" in said))
        elif tag == "textarea" and name:
            self._area = (form, name, [])
        elif tag == "input" and name:
            kind = said.get("type", "text")
            if kind in {"checkbox", "radio"}:
                # One is chosen where none is: an unchosen form is refused before anybody's rights matter.
                if "checked" in said or (name not in form.data):
                    form.data[name] = [value or "on"]
            elif kind != "file":
                form.data.setdefault(name, []).append(value or _typed(kind))

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area[2].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select" and self._select:
            form, name, options = self._select
            chosen = [value for value, selected in options if selected and value] or [
                value for value, _ in options if value
            ]
            form.data[name] = chosen[:1]
            self._select = None
        elif tag == "textarea" and self._area:
            form, name, words = self._area
            form.data[name] = ["".join(words).strip() or "Said by the test."]
            self._area = None


def _soon() -> str:
    """A day that lies ahead whenever this runs, and within the week."""
    return (timezone.now() + timedelta(days=6)).date().isoformat()


def _typed(kind: str) -> str:
    return {
        "date": _soon(),
        "time": "10:00",
        "datetime-local": f"{_soon()}T10:00",
        "number": "1",
        "email": "typed@example.org",
        "url": "https://example.org/",
        "hidden": "",
    }.get(kind, "Typed")


def forms_of(page: str, html: str) -> list[Form]:
    """The forms of this page that change something."""
    reader = _Reader(page)
    reader.feed(html)
    return [one for one in reader.forms if one.method == "post"]


def plausible(schema: dict[str, Any], components: dict[str, Any], values: dict[str, Any]) -> Any:
    """A body that fits this schema; a field that `values` names gets that value."""
    if "$ref" in schema:
        return plausible(components[schema["$ref"].rpartition("/")[2]], components, values)
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            return plausible(schema[several][0], components, values)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    kind = next(one for one in kind if one != "null") if isinstance(kind, list) else kind
    if kind == "object":
        fields = {name: one for name, one in schema.get("properties", {}).items() if not one.get("readOnly")}
        # What need not be said is left out; a change says one thing, the longest text there is.
        wanted = [name for name in fields if name in schema.get("required", ())] or sorted(
            fields, key=lambda name: -fields[name].get("maxLength", 0)
        )[:1]
        return {name: values.get(name, plausible(fields[name], components, values)) for name in wanted}
    if kind == "array":
        return [plausible(schema["items"], components, values)]
    return {"integer": 1, "number": 1, "boolean": True}.get(str(kind), _text(schema))


def _text(schema: dict[str, Any]) -> str:
    return {
        "uuid": "01990000-0000-7000-8000-000000000000",
        "date": _soon(),
        "date-time": f"{_soon()}T10:00:00Z",
        "email": "typed@example.org",
        "uri": "https://example.org/",
    }.get(schema.get("format", ""), "Typed")
