"""The role a series plays (t1w, ct, dose, ...), told from its folders or its header, or not at all.

A kind of object that has only one role, such as a dose, plays it. Of MR, words of the description come first, then the
contrast agent, then TR, TE and TI. Where they contradict each other, or leave a doubt that matters, no role is given: a
wrong role trains on the wrong images and nobody notices.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from radiogenomics.imaging.header import Acquisition
from radiogenomics.imaging.kinds import CT
from radiogenomics.tables.modalities import MODALITIES

FOLDERS = {folder: name for name, modality in MODALITIES.items() for folder in modality.folders}

_LOCALIZER = re.compile(
    r"\b(locali[sz]er|loc|scout|survey|pilot|3 ?pl(ane)?|aahscout\w*|smartbrain|topogram\w*|surview|scanogram)\b"
)
# Images that no role fits, though their description may say T1 or T2.
_OTHER = re.compile(
    r"\b(s?dwi\w*|adc\w*|dti\w*|diff\w*|trace\w*|tensor|ep2d\w*|epi|perf\w*|pwi|dsc|dce|dynamic|asl|cbf|cbv|mtt|ttp|bold|"
    r"fmri|swi\w*|swan|tof\w*|mra|mrv|angio\w*|pca|spectro\w*|svs|csi|mrs|stir|pd|pdw|proton|hemo\w*|t2star|fieldmap|"
    r"b[01]|b1000|maps?|mip|minip|subtr\w*|sub|calib\w*|asset|dir|mp2rage|difference)\b"
)
_T2_STAR = re.compile(r"t2 ?\*|\b(gre|medic|ffe|fl2d\w*)\b")
_T1 = re.compile(r"(?<![a-z0-9])s?t1(?!\d)|mprage|\bbravo\b|spgr\b")
_T2 = re.compile(r"(?<![a-z0-9])s?t2(?!\d)")
_FLAIR = re.compile(r"flair|dark ?fl|\btirm\b")
_AFTER = re.compile(
    r"(\+ ?|\bw/ ?)(c|ce|gd|gad\w*|contrast)\b|\bc ?\+|(?<![a-z0-9])s?t1w?(ce|c|gd)(?![a-z0-9])|"
    r"\b(gd|gad\w*|magnevist|dotarem|prohance|multihance|ce|kontrast\w*|km|contrast|enhanced|post(?! ?op)\w*)\b"
)
_BEFORE = re.compile(
    r"\b(pre|pre ?contrast|unenhanced|nativ\w*|plain)\b|"
    r"\b(w/o|w o|wo|without|no|non|sans|ohne|before) ?(c\b|ce\b|gd\b|gad|km\b|kontrast|contrast)?"
)
_BOTH = re.compile(r"\bw(ith)? ?(/|&|and|\+) ?(wo|w/o|without)\b")
_NO_AGENT = {"", "no", "none", "n", "without", "0", "n/a", "na", "unknown"}
_WEIGHTINGS = {"T1": "t1", "T2": "t2", "FLUID_ATTENUATED": "flair"}


@dataclass(frozen=True, slots=True)
class Role:
    """A modality's name, or "" and the doubt in words.

    The words go into run folders, so they quote no free text of the header: people write names into descriptions.
    """

    modality: str
    doubt: str = ""


def _words(description: str) -> str:
    return " ".join(re.sub(r"[_\-.,;:()\[\]]+", " ", description.lower()).split())


def role_from_folders(folders: Sequence[str]) -> str:
    """The role that a folder's name gives, the one nearest to the file first; "" where none does.

    Args:
        folders: Names from the root of the tree downwards.
    """
    return next((FOLDERS[name.strip().lower()] for name in reversed(folders) if name.strip().lower() in FOLDERS), "")


def folder_role(path: str, skip: int = 0) -> str:
    """The role that the folders of a file give.

    Args:
        path: Relative to the root, separated by "/".
        skip: Leading folders that say nothing of the role, such as the patient's.
    """
    return role_from_folders(PurePosixPath(path).parts[skip:-1])


def is_localizer(description: str) -> bool:
    """Whether a description calls its series a localizer (scout, survey, pilot)."""
    return _LOCALIZER.search(_words(description)) is not None


def _weighting_by_words(words: str) -> str:
    """One of t1, t2, flair, other; "" where the words say nothing."""
    t1, t2, flair = (bool(pattern.search(words)) for pattern in (_T1, _T2, _FLAIR))
    if _OTHER.search(words) or (t2 and _T2_STAR.search(words)):
        return "other"
    if t1 and t2:
        return "other"
    if t1:
        return "t1"  # T1 FLAIR is T1-weighted
    return "flair" if flair else "t2" if t2 else ""


def _weighting_by_times(acquisition: Acquisition) -> str:
    """What TR, TE and TI leave no doubt of, after the ranges of usual brain protocols at 1.5 and 3 tesla."""
    tr, te, ti = acquisition.repetition_time, acquisition.echo_time, acquisition.inversion_time or 0.0
    sequence = acquisition.sequence.upper().split("\\")
    if tr is None or te is None or "EP" in sequence:
        return ""
    if te >= 60 and tr >= 4000 and 1500 <= ti <= 3200:
        return "flair"
    if te >= 60 and tr >= 1500 and ti == 0 and "SE" in sequence and "IR" not in sequence:
        return "t2"
    spin_echo = te <= 35 and 200 <= tr <= 1000 and ti == 0 and "SE" in sequence
    prepared = te <= 10 and 400 <= ti <= 1300 and bool({"GR", "IR"} & set(sequence))
    return "t1" if spin_echo or prepared else ""


def _contrast(words: str, agent: str) -> bool | None:
    """Whether a contrast agent was given; None where nothing says it.

    Raises:
        ValueError: The header contradicts itself.
    """
    # "without contrast" holds "contrast": what says no is taken out before looking for yes.
    before, after = bool(_BEFORE.search(words)), bool(_AFTER.search(_BEFORE.sub(" ", words)))
    before, after = before or bool(_BOTH.search(words)), after or bool(_BOTH.search(words))
    given = agent.strip().lower() not in _NO_AGENT
    if before and (after or given):
        raise ValueError("its header says both with and without contrast")
    if after and agent and not given:
        raise ValueError("its description says contrast, ContrastBolusAgent says none")
    return True if after or given else False if before or agent else None


def _t1_role(acquisition: Acquisition, words: str, named: bool) -> Role:
    try:
        contrast = _contrast(words, acquisition.contrast_agent)
    except ValueError as error:
        return Role("", f"T1-weighted, but {error}")
    if contrast is None and not named:
        return Role("", "T1-weighted by TR, TE and TI, but whether with contrast the header does not say")
    return Role("t1wce" if contrast else "t1w")


def _only_role(name: str, acquisition: Acquisition) -> Role:
    """The one role of its kind; a computed map or a scout among CT series is told by its description."""
    words = _words(acquisition.description)
    if acquisition.modality == CT and (_OTHER.search(words) or _LOCALIZER.search(words)):
        return Role("", "its description fits none of the roles")
    return Role(name)


def _mr_role(acquisition: Acquisition) -> Role:
    """The role that words, contrast agent and times of an MR series leave no doubt of, or the doubt."""
    words = _words(acquisition.description)
    named = _weighting_by_words(words) or _WEIGHTINGS.get(acquisition.weighting.upper(), "")
    timed = _weighting_by_times(acquisition)
    if named == "other":
        return Role("", "its description fits none of the roles")
    if named and timed and named != timed and {named, timed} != {"t2", "flair"}:
        return Role("", f"its header names it {named.upper()}, but TR, TE and TI are those of {timed.upper()}")
    # FLAIR is T2-weighted: with its inversion time, "T2" means it; without, "FLAIR" still does.
    weighting = "flair" if "flair" in (named, timed) else named or timed
    if weighting == "t1":
        return _t1_role(acquisition, words, bool(named))
    if not weighting:
        described = "its description fits none of the roles" if acquisition.description else "no description"
        return Role("", f"{described}; contrast agent, TR, TE and TI don't tell")
    return Role("t2w" if weighting == "t2" else "flair")


def role_from_header(acquisition: Acquisition) -> Role:
    """The role that the header gives, or the doubt."""
    roles = [name for name, modality in MODALITIES.items() if modality.dicom == acquisition.modality]
    if not roles:
        return Role("", f"modality {acquisition.modality or 'unknown'}, which plays none of the roles")
    return _only_role(roles[0], acquisition) if len(roles) == 1 else _mr_role(acquisition)
