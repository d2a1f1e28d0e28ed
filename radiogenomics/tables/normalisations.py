"""The normalisations: which raw intensity becomes 0 and which 1."""

NORMALISATIONS: dict[str, str] = {
    # name: function (pixels [..., H, W] float32, axes, ops, over) -> (low, high); see imaging/normalise.py
    "minmax": "radiogenomics.imaging.normalise:minmax",
    "zscore": "radiogenomics.imaging.normalise:zscore",
}
