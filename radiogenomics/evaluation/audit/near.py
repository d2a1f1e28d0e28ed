"""Near-duplicates: images of two patients that are one image, though no pixel need be the same.

Measured by benchmarks/near_duplicates.py on 80 patients of TCGA-LGG, three sequences of 64x64 pixels, 8,658 slices that
are not blank: of 12 million pairs of different patients the closest two are 22 of 256 bits apart, so that none is
within NEAR. Copies are, in the median and the 90th percentile: JPEG of quality 80 4 and 10 bits; resized by an eighth 6
and 10; gamma .8 6 and 10; noise of 1% of the range 6 and 14, of 3% 16 and 32 (60% of the slices within NEAR), of 5% 24
and 46 (28%). A copy moved by half a pixel is 28 and 44 bits away, and hardly ever found. At 256x256 pixels (phantoms)
noise of 5% gives 8 and 14. Slices next to each other of one patient are 42 bits apart, so that a copy is told slice by
slice.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from radiogenomics.records import PreparedSlice

BITS = 256  # of a perceptual hash
NEAR = 16  # bits apart at most
AGREEING = 3  # slices of one series that must follow those of the other in order; all of shorter series
MOST_ALIKE = 100  # slices of one hash; with more it is of some empty image
FEATURELESS = 1 / 32  # share of its bits that the hash of a blank image may have set, by rounding
WINDOW = 256  # hashes of one key that each is compared with
_DIGITS = BITS // 4

Near = tuple[PreparedSlice, PreparedSlice, int]
_Array = npt.NDArray[Any]
_Place = tuple[str, str]  # patient and series


def near_duplicates(slices: Sequence[PreparedSlice]) -> list[Near]:
    """Find slices of different patients that look alike, where a whole stretch of two series does.

    Two slices are near where their hashes differ in `NEAR` bits at most. Two series are accused where so many near
    slices follow each other in the same (or the opposite) order in both: three, or all that there are. That is what
    keeps the tips of two heads, which may look alike, from being called a copy. Hashes of blank slices are ignored, and
    those of other lengths, which older versions wrote.

    Args:
        slices: Of any number of patients; 100,000 that are all alike (46 bits apart on average) take 35 s.

    Returns:
        (slice, slice, bits apart), the first of the patient who comes first in the alphabet; exact copies (0 bits)
        included. Sorted by patients, series and slices.
    """
    known = _hashed(slices)
    if len(known) < 2:
        return []
    words = np.frombuffer(bytes.fromhex("".join(s.perceptual_hash for s in known)), np.uint64).reshape(len(known), -1)
    counts = Counter((s.patient_id, s.series_uid) for s in known)
    found: dict[tuple[_Place, _Place], list[tuple[int, int, int]]] = defaultdict(list)
    for one, other, bits in _pairs(words, [s.patient_id for s in known]):
        a, b = ((known[k].patient_id, known[k].series_uid) for k in (one, other))
        found[a, b].append((one, other, bits))
    chains = ((key, _chain(pairs, known)) for key, pairs in sorted(found.items()))
    kept = (chain for (a, b), chain in chains if len(chain) >= min(AGREEING, counts[a], counts[b]))
    return [(known[one], known[other], bits) for chain in kept for one, other, bits in chain]


def _hashed(slices: Sequence[PreparedSlice]) -> list[PreparedSlice]:
    """The slices whose hash tells anything, in order."""
    counts = Counter(s.perceptual_hash for s in slices)
    telling = {
        text
        for text, count in counts.items()
        if count <= MOST_ALIKE and len(text) == _DIGITS and not is_featureless(text)
    }
    known = {(s.patient_id, s.series_uid, s.slice): s for s in slices if s.perceptual_hash in telling}
    return [known[place] for place in sorted(known)]


def is_featureless(text: str) -> bool:
    """Whether the hash of a slice says that it shows nothing, or is no hash at all.

    Of equal pixels all frequencies but the lowest are 0, but for rounding; of any other image half of the bits are set.
    """
    whole = bool(text) and set(text) <= set("0123456789abcdef")
    return not whole or int(text, 16).bit_count() <= FEATURELESS * 4 * len(text)


def _pairs(words: _Array, patients: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """All pairs of different patients within NEAR bits.

    Hashes that differ in k bits agree wholly in one at least of k + 1 bands of their bits (pigeonholes: Manku, Jain and
    Das Sarma 2007, Detecting near-duplicates for web crawling), so that only those that do are compared.

    Args:
        words: The hashes, [n, 4] of 64 bits.
        patients: Of each.
    """
    bits = np.unpackbits(words.view(np.uint8), axis=1)
    owners = np.unique(np.array(patients), return_inverse=True)[1]
    keys = [_keys(bits[:, band :: NEAR + 1]) for band in range(NEAR + 1)]
    codes = [_of_band(words, owners, keys[band], keys[band - 1], keys[band - 2]) for band in range(NEAR + 1)]
    found = np.unique(np.concatenate(codes))
    one, other = found // len(words), found % len(words)
    apart = np.bitwise_count(words[one] ^ words[other]).sum(axis=1)
    return zip(one.tolist(), other.tolist(), apart.tolist(), strict=True)


def _keys(bits: _Array) -> _Array:
    """A number for each row of bits, [n, up to 62]."""
    return bits.astype(np.int64) @ (np.int64(1) << np.arange(bits.shape[1], dtype=np.int64))


def _of_band(words: _Array, owners: _Array, keys: _Array, *beside: _Array) -> _Array:
    """The near pairs among those of one key, each as smaller * n + larger.

    Of more than WINDOW hashes of one key, each is compared with the next WINDOW of them alone, sorted by other bands:
    near ones mostly agree in these too.
    """
    order = np.lexsort((*beside, keys))
    keys, sorted_words, sorted_owners = keys[order], words[order], owners[order]
    codes = [np.zeros(0, np.int64)]
    here = np.arange(len(order))
    for step in range(1, min(len(order), WINDOW + 1)):
        here = here[here + step < len(order)]
        here = here[keys[here] == keys[here + step]]  # sorted: what ends at one distance is over at all larger ones
        if not len(here):
            break
        pairs = here[sorted_owners[here] != sorted_owners[here + step]]
        apart = np.bitwise_count(sorted_words[pairs] ^ sorted_words[pairs + step]).sum(axis=1)
        one, other = (order[place[apart <= NEAR]] for place in (pairs, pairs + step))
        codes.append(np.minimum(one, other) * len(order) + np.maximum(one, other))
    return np.concatenate(codes)


def _chain(pairs: Sequence[tuple[int, int, int]], known: Sequence[PreparedSlice]) -> list[tuple[int, int, int]]:
    """The longest run of pairs whose slices rise in both series, or rise in one and fall in the other."""
    placed = [(known[one].slice, known[other].slice, (one, other, bits)) for one, other, bits in pairs]
    rising, falling = _rising(placed), _rising([(a, -b, pair) for a, b, pair in placed])
    return rising if len(rising) >= len(falling) else falling


def _rising(placed: Sequence[tuple[int, int, tuple[int, int, int]]]) -> list[tuple[int, int, int]]:
    """The longest chain that rises strictly in both numbers, by patience sorting."""
    ordered = sorted(placed, key=lambda row: (row[0], -row[1]))
    ends: list[int] = []  # by length, the least number at which a chain of it ends
    tips: list[int] = []  # and the row that ends it
    before: list[int] = []
    for row, (_, number, _) in enumerate(ordered):
        place = bisect_left(ends, number)
        ends[place : place + 1], tips[place : place + 1] = [number], [row]
        before.append(tips[place - 1] if place else -1)
    chain, row = [], tips[-1] if tips else -1
    while row >= 0:
        chain.append(ordered[row][2])
        row = before[row]
    return chain[::-1]
