"""The n-gram model, its folder and its card."""
