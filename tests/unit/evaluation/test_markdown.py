import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from radiogenomics.evaluation.markdown import bullets, escape, fenced, table
from radiogenomics.evaluation.tables import Table

HOSTILE = (
    "<script>alert(1)</script>", "a|b|c", "`code`", "``", "**bold** _it_ ~~no~~", "[link](https://bad.example)",
    "![x](javascript:alert(1))", "<!-- gone", "&lt;b&gt;", "# head", "- item", "1. item", "---", "===", "+ a", "> q",
    "a\n\n# b\n| c |", "\u202egpj.exe", "back\\slash\\", "$x$", "https://bad.example", "www.bad.example", "a@b.example",
    "{{ x }}", "[ref]: /x", "\\", "|", "-",
)  # fmt: skip
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def plain(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def shown(text: str) -> str:
    """What is left of a text on one line: what can't be printed is a blank."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_letter_by_letter_and_does_nothing(text):
    for source, tags in ((f"- {escape(text)}", {"ul", "li"}), (f"So {escape(text)}", {"p"}), (escape(text), {"p"})):
        page = READER.render(source)
        assert set(re.findall(r"<(\w+)", page)) <= tags, page
        assert plain(page).strip().removeprefix("So ") == shown(text)


@given(st.text(max_size=40))
def test_any_text_is_shown_as_it_is(text):
    page = READER.render(f"x {escape(text)} x")
    assert set(re.findall(r"<(\w+)", page)) <= {"p"}
    assert plain(page).strip() == f"x {shown(text)} x"


@given(st.lists(st.lists(st.text(max_size=12), min_size=2, max_size=2), min_size=1, max_size=3))
def test_no_cell_leaves_its_column(rows):
    page = READER.render(table(Table(("A", "B"), tuple(map(tuple, rows)))))
    cells = [plain(cell) for cell in re.findall(r"<td>(.*?)</td>", page)]
    assert cells == [shown(cell) for row in rows for cell in row]


@pytest.mark.parametrize(
    "text", ["https://bad.example", "HTTP://bad", "www.bad.example", "mail a@b.example", "xmpp:a@b"]
)
def test_nothing_is_left_that_github_makes_a_link_of_by_itself(text):
    assert not re.search(r"(?i)(https?|xmpp|mailto):|www\.|@", escape(text))


def test_a_fence_is_longer_than_any_within():
    (token,) = [one for one in READER.parse(fenced("a\n```\nb\n`````")) if one.type == "fence"]
    assert token.content == "a\n```\nb\n`````\n"


def test_empty_sentences_and_tables_leave_no_trace():
    assert bullets(["", "a", ""]) == "- a"
    assert table(Table(("A",), ())) == ""
