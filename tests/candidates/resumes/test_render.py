import io

import pytest
from PIL import Image

from candidates.resumes.document import Unreadable
from candidates.resumes.extract import Limits
from candidates.resumes.render import render_pages
from tests.hostile.good import pdf, text_stream


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_each_page_becomes_one_image_of_its_own_shape():
    first, second = map(
        opened, render_pages(pdf(text_stream(), text_stream("two"), box="0 0 400 800"), limits=Limits())
    )
    assert first.format == "PNG"
    assert first.height == pytest.approx(2 * first.width, abs=2)
    assert first.tobytes() != second.tobytes()


def test_text_is_dark_on_white_paper():
    image = opened(render_pages(pdf(), limits=Limits())[0]).convert("L")
    assert image.getextrema()[0] < 100
    assert image.getpixel((0, 0)) == 255


def test_no_more_pages_are_drawn_than_allowed():
    assert len(render_pages(pdf(*[text_stream()] * 5), limits=Limits(render_pages=2))) == 2


def test_the_longer_side_of_an_image_is_bounded():
    image = opened(render_pages(pdf(box="0 0 100 14400"), limits=Limits())[0])
    assert max(image.size) <= 2_000


def test_a_damaged_pdf_has_no_images_but_a_reason():
    with pytest.raises(Unreadable) as caught:
        render_pages(b"%PDF-1.7 nothing", limits=Limits())
    assert caught.value.code == "pdf_damaged"
