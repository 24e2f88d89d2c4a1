"""A run of LoRA training as a folder: read, loaded, described."""
