"""Names as rows of data. A row names its function by dotted path, so that a recipe is checked without TensorFlow."""
