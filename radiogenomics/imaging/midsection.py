"""Which slices of a series are used: those around its middle."""

from radiogenomics.recipe import MidSection
from radiogenomics.records import Series, Slice


def mid_section(series: Series, slices: MidSection) -> tuple[Slice, ...]:
    """The middle `fraction` of a series, at least one slice of it, in anatomical order.

    Where the rest can't be halved, the slice more lies behind. Source: Spoorthy et al., preprocessing ("20%").
    """
    total = len(series.slices)
    count = min(total, max(1, round(slices.fraction * total)))
    start = (total - count) // 2
    return series.slices[start : start + count]
