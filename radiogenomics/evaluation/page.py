"""What the HTML pages share: each is one file that can be read, printed and sent, and loads nothing."""

import base64
import re
from collections.abc import Callable

TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")  # letters that turn the direction of all text after them


def data_uri(media_type: str, content: bytes) -> str:
    """The content as an address, so that the page needs no other file."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _kept_straight(value: object) -> object:
    return TURNING.sub("", value) if type(value) is str else value


def template(name: str, straight: bool = False) -> Callable[..., str]:
    """What fills a page of evaluation/templates with values.

    Args:
        name: Of the file.
        straight: Whether to leave out letters that turn the direction of text: a page that is only read may, one from
            which ids are copied may not.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Ids, descriptions and class names come from files that anyone may have written: all of it is escaped.
    environment = Environment(
        loader=PackageLoader("radiogenomics.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_kept_straight if straight else None,
    )
    return environment.get_template(name).render
