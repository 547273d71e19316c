"""From a trained net to a bundle: export to ONNX and TorchScript, and the proof that both are equal to it."""
