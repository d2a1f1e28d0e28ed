"""Trained models as SavedModels, and predictions from any of them."""
