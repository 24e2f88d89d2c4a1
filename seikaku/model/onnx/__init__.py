"""A trained run as ONNX graphs: exported, reduced to int8, loaded without torch."""
