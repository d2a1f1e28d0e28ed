"""Prepared slices and a fold to tf.data."""
