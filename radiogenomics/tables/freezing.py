"""The freezing policies: which layers of the whole model a phase trains."""

FREEZING: dict[str, str] = {
    # name: function (model, pretrained, blocks) that sets the layers' trainable flags
    "base": "radiogenomics.models.freezing:freeze_base",
    "batchnorm": "radiogenomics.models.freezing:freeze_batchnorm",
    "blocks": "radiogenomics.models.freezing:freeze_lower_blocks",
}
