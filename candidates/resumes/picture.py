"""A picture of somebody redrawn: what comes out holds pixels and nothing else of what came in."""

from __future__ import annotations

import io

from PIL import Image

from candidates.resumes.document import Unreadable
from candidates.resumes.extract.limits import Limits

FORMATS = ("PNG", "JPEG")
MOST_PIXELS = 16_000_000
# As wide and tall as papers print it, at 300 dots per inch.
WIDTH, HEIGHT = 800, 240
LEAST = 16


def redraw(data: bytes, *, limits: Limits) -> bytes:
    """A PNG of at most 800 by 240 pixels, without metadata. Raises Unreadable for what is no PNG or JPEG."""
    del limits
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        # The size is told by the head: it is judged before a pixel is unpacked.
        with Image.open(io.BytesIO(data), formats=FORMATS) as found:
            if found.width * found.height > MOST_PIXELS:
                raise Unreadable("This picture has too many pixels. Save it smaller.", code="picture_too_large")
            if min(found.size) < LEAST:
                raise Unreadable("This picture is too small to be printed.", code="picture_too_small")
            drawn = found.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Unreadable("This is no PNG or JPEG picture that can be read.", code="no_picture") from error
    drawn.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    clean = Image.new("RGBA", drawn.size)
    clean.paste(drawn)
    out = io.BytesIO()
    clean.save(out, "PNG", compress_level=9)
    return out.getvalue()
