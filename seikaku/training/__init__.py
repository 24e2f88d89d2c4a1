"""Fitting models from processed corpora."""
