"""How papers look: colours that can be read, a logo of which nothing but pixels is kept."""

import io
import zlib

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from PIL import Image, PngImagePlugin

from candidates.actions.pictures import NotAPicture, safe_png
from hrassist import branding
from hrassist.lib import storage
from hrassist.lib.errors import Conflict
from hrassist.lib.storage.named import named
from hrassist.models import Branding
from jobs.actions import branding as actions
from jobs.models import ReportDocument
from jobs.reports import offer_letter
from jobs.reports.documents import making
from tests.hiring import OfferFactory

pytestmark = pytest.mark.django_db
COLOURS = {"heading_colour": "#0b3b36", "accent_colour": "#0b6b62"}


def picture(width=400, height=100, *, kind="PNG", **options):
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#0b6b62").save(out, kind, **options)
    return out.getvalue()


def change(by, **said):
    return actions.change(by=by, now=timezone.now(), **{"organisation": "Northwind"} | COLOURS | said)


def test_papers_bear_name_colours_and_logo(recruiter, job, events):
    row = change(recruiter, logo=picture())
    look = branding.look()
    assert (look.name, look.accent, look.ratio) == ("Northwind", "#0b6b62", 4.0)
    assert look.logo.startswith(b"\x89PNG")
    assert named([row.logo_key, "clean/x"]) == {row.logo_key}
    _, said, _ = making.put_together(ReportDocument(kind="job", owner=recruiter, job=job))
    assert said["brand"]["name"] == "Northwind"
    letter = offer_letter.context(OfferFactory())
    assert (letter["company"], letter["brand"]["heading"]) == ("Northwind", "#0b3b36")
    assert letter["brand"]["logo"]
    assert offer_letter.pdf(letter, made_at=timezone.now()).startswith(b"%PDF")
    assert offer_letter.word(letter, made_at=timezone.now()).startswith(b"PK")
    assert events("branding.changed")[0].changes["new_logo"] is True


@pytest.mark.parametrize(
    ("name", "colour"),
    [
        ("heading_colour", "#999999"), ("accent_colour", "#c0d0ff"), ("heading_colour", "red"),
        ("accent_colour", "#12345"),
    ],
)  # fmt: skip
def test_colours_that_nobody_can_read_are_refused(recruiter, name, colour):
    with pytest.raises(actions.TooPale) as refused:
        change(recruiter, **{name: colour})
    assert list(refused.value.fields) == [name]
    assert not Branding.objects.exists()


def test_contrast_is_that_of_the_rule():
    assert actions.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert actions.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_nothing_but_pixels_is_kept_of_a_logo():
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", "zqsecret <script>")
    out = safe_png(picture(pnginfo=told) + b"trailing zqsecret")
    assert b"zqsecret" not in out
    with Image.open(io.BytesIO(safe_png(picture(4000, 1000, kind="JPEG")))) as read:
        assert (read.format, read.size) == ("PNG", (800, 200))


def bomb():
    """A PNG whose head says 30,000 by 30,000 pixels."""

    def chunk(name, data):
        body = name + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    size = (30_000).to_bytes(4, "big")
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + size + b"\x08\x02\x00\x00\x00")
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1000)) + chunk(b"IEND", b"")
    )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", b"GIF89a" + b"\0" * 100,
        b"%PDF-1.7", b"", b"\x89PNG\r\n\x1a\n broken", picture()[:60], bomb(), picture(8, 8),
        b"\x89PNG" + b"\0" * (2 * 1024 * 1024 + 1),
    ],
)  # fmt: skip
def test_what_is_no_small_picture_is_refused(content):
    with pytest.raises(NotAPicture):
        safe_png(content)


def test_a_new_logo_replaces_the_old_one_and_it_can_be_taken_off(recruiter, django_capture_on_commit_callbacks):
    first = change(recruiter, logo=picture()).logo_key
    with django_capture_on_commit_callbacks(execute=True):
        second = change(recruiter, logo=picture(300, 100)).logo_key
    assert storage.clean().head(first) is None
    assert change(recruiter).logo_key == second
    with django_capture_on_commit_callbacks(execute=True):
        change(recruiter, without_logo=True)
    assert (storage.clean().head(second), branding.look().logo) == (None, b"")


def test_a_logo_that_was_changed_in_the_store_is_left_out(recruiter, events):
    row = change(recruiter, logo=picture())
    storage.clean().put(row.logo_key, picture(), content_type="image/png")
    Branding.objects.update(logo_sha256="0" * 64)
    assert branding.look().logo == b""
    assert events("branding.altered")


def test_two_changes_at_once_are_told(recruiter):
    row = change(recruiter)
    with pytest.raises(Conflict):
        change(recruiter, expected_updated_at="2020-01-01T00:00:00+00:00")
    assert change(recruiter, expected_updated_at=row.updated_at.isoformat()).pk == 1


def test_not_everybody_brands(hiring_manager, interviewer):
    for user in (hiring_manager, interviewer):
        with pytest.raises(PermissionDenied):
            change(user)


def test_without_branding_papers_bear_the_name_of_the_settings(settings):
    settings.COMPANY_NAME = "Our company"
    assert branding.look().name == "Our company"
