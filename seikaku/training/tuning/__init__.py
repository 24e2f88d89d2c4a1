"""Hyperparameter search on this machine."""
