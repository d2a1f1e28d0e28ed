"""Backbones, heads, weights and freezing: what is trained."""
