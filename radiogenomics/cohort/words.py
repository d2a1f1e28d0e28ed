"""Words of folder names and of free text: lower-case, and none that is a date or a number of many digits."""

import re
import unicodedata

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
# UIDs, and what would tell a date, go before the rest is cut into words.
_DATES = re.compile(
    r"(?<!\d)\d+(?:\.\d+){4,}"  # a UID
    rf"|(?<!\d)\d{{1,4}}[-_./ ]\d{{1,2}}[-_./ ]\d{{1,4}}(?!\d)"
    rf"|(?<!\d)\d{{1,4}}[-_./ ]?(?:{_MONTHS})[a-z]*[-_./ ]?\d{{2,4}}(?!\d)"
    rf"|(?<![a-z])(?:{_MONTHS})[a-z]*[-_./ ,]+(?:\d{{1,2}}[-_./ ,]+)?\d{{4}}(?!\d)"
)
_WORD = re.compile(r"[^\W_]+")
_PIECE = re.compile(r"[^\W\d_]{3,}")  # letters of a word that has digits too
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
MOST_DIGITS = 3  # a longer number is a year, a date or somebody's id
LONGEST = 40
MOST_WORDS = 300


def words(text: str) -> frozenset[str]:
    """The words of a text: "IDH-mutant, site2" gives idh, mutant, site2 and site.

    Text is cut where neither letter nor digit stands, and where a small letter meets a capitalised word (MutantCases);
    of a word with digits in it its letters count too. UIDs and dates are left out, and so are numbers and words with
    more than three digits in a row, such as ids.
    """
    text = _CAMEL.sub(" ", unicodedata.normalize("NFKC", text))
    found = _WORD.findall(_DATES.sub(" ", text.casefold()))[:MOST_WORDS]
    pieces = [piece for word in found if not word.isalpha() for piece in _PIECE.findall(word)]
    return frozenset(word for word in (*found, *pieces) if _is_kept(word))


def _is_kept(word: str) -> bool:
    return len(word) <= LONGEST and not re.search(rf"\d{{{MOST_DIGITS + 1}}}", word)


def path_words(path: str, own: frozenset[str]) -> dict[str, frozenset[str]]:
    """The words of a relative path: of each folder, and of the file's name those that are letters.

    Args:
        path: With "/" between folders.
        own: What the patient is called; a folder or file of that name says nothing but that.

    Returns:
        By place: "folder 1" is the first below the root, then "folder 2" and so on; "file" is the file's name.
    """
    *folders, name = path.split("/")
    told = {f"folder {level}": words(folder) for level, folder in enumerate(folders, 1) if folder.casefold() not in own}
    stem = name.partition(".")[0]
    # A file's numbers run on, or are its UID.
    letters = frozenset(word for word in words(stem) if word.isalpha())
    return told if stem.casefold() in own else {**told, "file": letters}
