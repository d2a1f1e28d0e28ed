"""The normalisations: raw pixels to [0, 1]."""

NORMALISATIONS: dict[str, str] = {
    # name: function (pixels [..., H, W] float32, axes, ops) -> the same shape in [0, 1]
    "minmax": "radiogenomics.imaging.normalise:minmax",
    "zscore": "radiogenomics.imaging.normalise:zscore",
}
