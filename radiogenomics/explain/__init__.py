"""Where in an image a trained model finds its evidence: Grad-CAM and occlusion."""
