"""Models: the embedded n-gram model, its folder on disk and its card."""
