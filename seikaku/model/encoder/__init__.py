"""Encoders as models: the backbone, LoRA and heads on it, the embedded one, and what they read an estimate from."""
