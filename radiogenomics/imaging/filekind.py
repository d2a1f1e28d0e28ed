"""What a file is that is not DICOM, told from its first bytes and its name, in a sentence with the mend."""

import codecs
import struct
from pathlib import PurePath

_MAGIC: tuple[tuple[int, bytes, str], ...] = (  # offset, bytes there, what they mean
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"II*\0", "a TIFF picture"),
    (0, b"MM\0*", "a TIFF picture"),
    (0, b"BM", "a BMP picture"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive: unpack it"),
    (0, b"PK\x05\x06", "an empty ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive: unpack it"),
    (0, b"BZh", "a bzip2 archive: unpack it"),
    (0, b"\xfd7zXZ", "an xz archive: unpack it"),
    (0, b"7z\xbc\xaf", "a 7-Zip archive: unpack it"),
    (0, b"Rar!", "a RAR archive: unpack it"),
    (257, b"ustar", "a tar archive: unpack it"),
    (0, b"NRRD", "an NRRD volume: export the original DICOM series"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"\x89HDF", "an HDF5 file"),
    (0, b"MATLAB 5.0", "a MATLAB file"),
    (0, b"\0\0\0\1Bud1", "a macOS folder setting"),
    (0, b"\xd0\xcf\x11\xe0", "a Windows thumbnail cache or Office document"),
    (0, b"SQLite format 3", "an SQLite database"),
)
_NIFTI_MEND = "NIfTI, not DICOM: export the original DICOM series instead, or convert it to DICOM (one file a slice)"
_TEXT = {
    ".csv": "a CSV table",
    ".tsv": "a table",
    ".json": "JSON",
    ".xml": "XML",
    ".txt": "text",
    ".md": "text",
    ".html": "a web page",
    ".py": "a program",
}
_NIFTI_SIZES = {struct.pack(order + "i", size) for order in "<>" for size in (348, 540)}


def _is_nifti(head: bytes, name: str) -> bool:
    if name.endswith((".nii", ".nii.gz")):
        return True
    return head[:4] in _NIFTI_SIZES and (head[344:347] in (b"n+1", b"ni1") or head[4:7] in (b"n+2", b"ni2"))


def _is_text(head: bytes) -> bool:
    try:
        # Incremental, since the sample may end inside a character.
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\r\n\t\f" for character in text)


def _is_vr(letters: bytes) -> bool:
    return letters.isalpha() and letters.isupper()


def _begins_like_a_dataset(head: bytes) -> bool:
    """Whether the first bytes are an element of group 0002 or 0008, as in a file saved without preamble."""
    if len(head) < 8:
        return False
    group, element = struct.unpack("<HH", head[:4])
    length = struct.unpack("<I", head[4:8])[0]
    if group in (0x0002, 0x0008) and element <= 0x0070:
        return _is_vr(head[4:6]) or length <= 256
    return head[:2] == b"\x00\x08" and _is_vr(head[4:6])


def is_dicom(head: bytes) -> bool:
    """Whether a file that begins with these (at least 132) bytes can be DICOM, with or without preamble."""
    return head[128:132] == b"DICM" or _begins_like_a_dataset(head)


def _other_kind(head: bytes, suffix: str) -> str:
    if not any(head):
        return "damaged: it begins with zeros only; copy it anew from its source"
    if _is_text(head):
        return f"not DICOM: {_TEXT.get(suffix, 'text')}"
    claim = ", though its name says so" if suffix in (".dcm", ".dicom", ".ima") else ""
    return f"not DICOM{claim}: no DICM mark, and no data set at its start"


def foreign_kind(head: bytes, path: str) -> str:
    """The reason why a file that is not DICOM takes no part, or "" where it can be DICOM.

    Args:
        head: Its first bytes, 512 or all.
        path: Its path; only the name counts.
    """
    name = PurePath(path).name.lower()
    if not head:
        return "empty file"
    if is_dicom(head):
        return ""
    if _is_nifti(head, name):
        return _NIFTI_MEND
    known = (f"not DICOM: {kind}" for offset, magic, kind in _MAGIC if head[offset : offset + len(magic)] == magic)
    return next(known, _other_kind(head, PurePath(name).suffix))
