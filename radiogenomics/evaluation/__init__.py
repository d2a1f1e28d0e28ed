"""Pure functions over predictions: metrics, intervals, figures, the report. No TensorFlow."""
