"""LoRA in two stages: personas, then speakers."""
