"""From a trained net to a bundle: ONNX, TorchScript, and the proof that both equal the net."""
