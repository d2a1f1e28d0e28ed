"""The freezing policies: which layers of the whole model a phase trains."""

FREEZING: dict[str, str] = {
    # name: function (model, pretrained) that sets the layers' trainable flags
    "base": "radiogenomics.models.freezing:freeze_base",
    "batchnorm": "radiogenomics.models.freezing:freeze_batchnorm",
}
