"""Restyled text, and the directions of feature space that only style moves."""
