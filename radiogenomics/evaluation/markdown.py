"""Text as Markdown that shows it and does nothing else: class names, ids and headers are anybody's."""

import re
from collections.abc import Sequence

from radiogenomics.evaluation.tables import Table

ANEW = "radiogen report, evaluate, signal and explain each write this file anew: keep your own words in a copy."
SPECIAL = re.compile(r"([\\`*_{}\[\]#|~$^])")  # what has a meaning within a line, in the flavours in use
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&commat;"}
LINK = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp|www)(?=[:.])([:.])")  # what GitHub makes a link of by itself
RULE = re.compile(r"^([-+=](?=[-=\s]|$)|\d+(?=[.)](?:\s|$)))")  # what begins a list, a rule or a heading


def escape(text: str) -> str:
    """Text as one line of Markdown that shows it letter by letter: no markup, no HTML, no link, no end of a cell."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    line = "".join(ENTITIES.get(letter, letter) for letter in line)
    line = SPECIAL.sub(r"\\\1", line)
    line = LINK.sub(lambda found: f"{found[1]}&#{ord(found[2])};", line)
    return RULE.sub(lambda found: f"&#{ord(found[1][0])};{found[1][1:]}", line)


def table(shown: Table) -> str:
    """A table of GitHub's flavour; its cells are escaped. "" where it has no rows."""
    if not shown.rows:
        return ""
    rows = [shown.header, ["---"] * len(shown.header), *shown.rows]
    lines = [" | ".join(cell if place == 1 else escape(cell) for cell in row) for place, row in enumerate(rows)]
    return "\n".join(f"| {line} |" for line in lines)


def fenced(text: str, language: str = "") -> str:
    """Lines to be taken as they are, within a fence longer than any in them."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def bullets(sentences: Sequence[str]) -> str:
    """A list of sentences, escaped; empty ones are left out."""
    return "\n".join(f"- {escape(sentence)}" for sentence in sentences if sentence)
