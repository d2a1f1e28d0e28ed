"""Pictures made light enough for a page that shall be mailed."""

from collections.abc import Sequence
from dataclasses import replace

from radiogenomics.evaluation.evidence import Picture

WIDTHS = (1600, 1200, 900, 700, 500)  # pixels; tried in turn
QUALITY = 82  # of JPEG, per cent


def _smaller(picture: Picture, most: int) -> Picture | None:
    """The picture as JPEG of at most so many bytes; None where it can't be read, or stays too large."""
    import cv2
    import numpy as np

    pixels = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        return None
    for width in WIDTHS:
        scale = min(width / pixels.shape[1], 1.0)
        shown = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
        content = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
        if len(content) <= most:
            return replace(picture, media_type="image/jpeg", content=content)
    return None


def lightened(pictures: Sequence[Picture], most: int) -> tuple[Picture, ...]:
    """The pictures, those that are larger than their share of `most` bytes made smaller; what can't be is left out.

    Args:
        pictures: PNG or JPEG.
        most: Bytes of all of them together. Light pictures leave what they don't need to the heavy ones.
    """
    shares: dict[int, int] = {}
    left = most
    ascending = sorted(range(len(pictures)), key=lambda place: len(pictures[place].content))
    for done, place in enumerate(ascending):
        shares[place] = left // (len(pictures) - done)
        left -= min(len(pictures[place].content), shares[place])
    fitting = (
        picture if len(picture.content) <= shares[place] else _smaller(picture, shares[place])
        for place, picture in enumerate(pictures)
    )
    return tuple(picture for picture in fitting if picture)
