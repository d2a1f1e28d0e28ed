"""What the HTML pages share: each is one file that can be read, printed and sent, and loads nothing."""

import base64
from collections.abc import Callable


def data_uri(media_type: str, content: bytes) -> str:
    """The content as an address, so that the page needs no other file."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def template(name: str) -> Callable[..., str]:
    """What fills a page of evaluation/templates with values."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Ids, descriptions and class names come from files that anyone may have written: all of it is escaped.
    environment = Environment(
        loader=PackageLoader("radiogenomics.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name).render
