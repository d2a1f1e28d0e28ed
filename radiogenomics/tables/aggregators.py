"""The aggregators: several probabilities, of one lesion's slices or of one patient's lesions, to one."""

AGGREGATORS: dict[str, str] = {
    # name: function (probabilities [n]) -> float
    "mean": "numpy:mean",
    "median": "numpy:median",
    "min": "numpy:min",
    "max": "numpy:max",
}
