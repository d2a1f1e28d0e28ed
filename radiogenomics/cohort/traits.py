"""What is known of patients besides their pixels: the rows of traits.csv.

One file of each series is read. What is kept, and how:
- how an image was acquired, in clear: the parameters that cohort.csv and any methods section name;
- when: days since the cohort's first study, never a date;
- who it is (birth date, name, ids, UIDs): digests under a key that is thrown away, so that two rows can be told to
  agree and nothing else can be told, not even by trying all names or dates;
- words of folders and free text that at least three patients share: in clear those of a fixed list (`tables.words`)
  and of the classes' names, where no patient is called so. All others may be somebody's name, and are digests under
  the same key. The patient's own id is left out;
- sex, and age in whole years (90 for all above 89), in clear: subgroups are made of them.
"""

import hashlib
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from radiogenomics.cohort.clinical import NOTHING, Clinical, age_told
from radiogenomics.cohort.words import path_words, words
from radiogenomics.imaging.provenance import Provenance, plain, read_provenance
from radiogenomics.records import Case, Series, Trait
from radiogenomics.tables.words import DIGESTED, PATH, is_plain

SHARING = 3  # patients that must share a word
MOST_ALIKE = 5  # patients, or MOST_SHARE of them, whose names share a word: with more it is a cohort's
MOST_SHARE = 0.2
_KEY_BYTES = 32
_SHORTEST_ACCESSION = 4  # shorter numbers are counters, equal by chance
_NOBODY = re.compile(
    r"(?:anon|deid|de ?ident)[a-z ]*|unknown|unnamed|no ?name|none|na|nan|null|removed|hidden|withheld|blank|redacted"
    r"|patient|subject|name|test|x+|0+|not available"
)


@dataclass(frozen=True, slots=True)
class _Read:
    """One series whose header could be read."""

    series: Series
    told: Provenance


_Rows = Mapping[str, Sequence[_Read]]  # by patient
_Pair = tuple[str, str]


def read_traits(
    root: Path,
    cases: Sequence[Case],
    clinical: Clinical = NOTHING,
    salt: bytes | None = None,
    classes: Iterable[str] = (),
) -> tuple[Trait, ...]:
    """Read what one file of each used series tells, and what stands in folder names, of every patient.

    A file that can't be read, and a value that can't be parsed, gives no trait. What identifies is left out where it
    is blank or a placeholder by its word (Anonymized; a birth date on the first of January, as whoever keeps only the
    year writes). What many share is kept: whether it is a placeholder the audit decides, and says.

    Args:
        root: What the slices' paths are relative to.
        cases: The patients, with series as the scan found them.
        clinical: What the labels file says; of what it names, the header's word does not count.
        salt: Key of the digests; by default drawn here, and gone when this returns.
        classes: What the classes are called; these words are kept in clear too.

    Returns:
        Traits sorted by patient, kind, modality, name and value, each once.
    """
    key = salt or os.urandom(_KEY_BYTES)
    rows = {case.patient_id: _read(root, case) for case in cases}
    found = {
        *_acquisitions(rows),
        *_identities(rows, key),
        *_shared_words(rows, key, frozenset[str]().union(*map(words, classes))),
        *_subjects(rows, clinical),
        *(trait for trait in clinical.traits if trait.patient_id in rows),
    }
    return tuple(sorted(found, key=lambda t: (t.patient_id, t.kind, t.modality, t.name, t.value)))


def _read(root: Path, case: Case) -> list[_Read]:
    used = {s.series_uid: s for s in (*case.series, *case.others, case.drawn_on, case.grid) if s is not None}
    found = []
    for series in used.values():
        one = series.slices[0]
        told = read_provenance(os.path.join(root, one.path), one.size)  # noqa: PTH118 - ten times as fast as Path
        if told is not None:
            found.append(_Read(series, told))
    return found


def _spacing(series: Series) -> str:
    """Millimetres from slice to slice where their places are known."""
    places = [one.position for one in series.slices if one.position is not None]
    return plain(abs(places[-1] - places[0]) / (len(places) - 1)) if len(places) == len(series.slices) > 1 else ""


def _of_series(series: Series) -> dict[str, str]:
    spacing = _spacing(series)
    values = {
        "scanner": series.scanner,
        "field_strength": "" if series.field_strength is None else plain(series.field_strength),
        "site": series.site,
        "pixel_spacing": "" if series.spacing is None else plain(series.spacing[0]),
        "matrix": f"{series.rows}x{series.columns}",
        "n_slices": str(len(series.slices)),
    }
    return values | ({"slice_spacing": spacing} if spacing else {})


def _acquisitions(rows: _Rows) -> Iterable[Trait]:
    days = [one.told.studied for reads in rows.values() for one in reads if one.told.studied]
    first = min(days, default=date.min)
    for patient, reads in rows.items():
        for one in reads:
            values = {**one.told.acquisition, **_of_series(one.series)}
            values["day"] = str((one.told.studied - first).days) if one.told.studied else ""
            for name, value in values.items():
                if value:
                    yield Trait(patient, one.series.modality, "acquisition", name, value)


def _name_words(value: str) -> list[str]:
    return sorted(re.findall(r"[^\W_]+", value.partition("=")[0].casefold()))


def _birth_date(value: str) -> str:
    return "" if value.endswith("-01-01") else value


def _person(value: str) -> str:
    """A name whatever its spelling: DOE^JOHN is Doe, John."""
    told = " ".join(_name_words(value))
    return "" if _NOBODY.fullmatch(told) else told


def _accession(value: str) -> str:
    return value.casefold() if len(value) >= _SHORTEST_ACCESSION and not _NOBODY.fullmatch(value.casefold()) else ""


def _id(value: str) -> str:
    return "" if _NOBODY.fullmatch(" ".join(_name_words(value))) else value.casefold()


_CLEANED: Mapping[str, Callable[[str], str]] = {
    "birth_date": _birth_date,
    "name": _person,
    "header_id": _id,
    "study": str,
    "frame": str,
    "accession": _accession,
}


def _digest(text: str, key: bytes) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=key, digest_size=12).hexdigest()


def _identities(rows: _Rows, key: bytes) -> Iterable[Trait]:
    for name, clean in _CLEANED.items():
        found = {
            (patient, value)
            for patient, reads in rows.items()
            for one in reads
            if (value := clean(one.told.identity.get(name, "")))
        }
        for patient, value in found:
            yield Trait(patient, "", "identity", name, _digest(f"{name}\0{value}", key))


def _names(rows: _Rows) -> frozenset[str]:
    """Words of people's names; not those that so many carry that they are a cohort's."""
    texts = {patient: {one.told.identity.get("name", "") for one in reads} for patient, reads in rows.items()}
    own = {p: {word for text in told for word in (*words(text), *_name_words(text))} for p, told in texts.items()}
    counts = Counter(word for known in own.values() for word in known)
    return frozenset(word for word, count in counts.items() if count <= max(MOST_ALIKE, MOST_SHARE * len(rows)))


def _words_of(patient: str, one: _Read) -> Iterable[_Pair]:
    """Field and word, of a path with the place where the word stands."""
    ids = frozenset({patient.casefold(), one.told.identity.get("header_id", "").casefold()})
    texts = {f"{PATH} {place}": told for place, told in path_words(one.series.slices[0].path, ids).items()}
    texts |= {field: words(text) for field, text in one.told.texts.items()}
    return ((field, word) for field, known in texts.items() for word in known - ids)


def _shared_words(rows: _Rows, key: bytes, classes: frozenset[str]) -> Iterable[Trait]:
    names, found = _names(rows), defaultdict[_Pair, set[str]](set)
    for patient, reads in rows.items():
        for field, word in (pair for one in reads for pair in _words_of(patient, one)):
            if is_plain(word, classes) and word not in names:
                found[field.partition(" ")[0], word].add(patient)
            else:
                found[field, DIGESTED + _digest(f"word\0{field}\0{word}", key)].add(patient)
    for (field, word), patients in found.items():
        if len(patients) >= SHARING:
            yield from (Trait(patient, "", "word", field, word) for patient in patients)


def _subjects(rows: _Rows, clinical: Clinical) -> Iterable[Trait]:
    """Sex and age by the header, the first series that tells them, unless the labels file does."""
    for patient, reads in rows.items():
        sex = next((one.told.sex for one in reads if one.told.sex), "")
        age = next((age_told(one.told.age) for one in reads if one.told.age is not None), "")
        for name, value in (("sex", sex), ("age", age)):
            if value and name not in clinical.named:
                yield Trait(patient, "", "clinical", name, value)
