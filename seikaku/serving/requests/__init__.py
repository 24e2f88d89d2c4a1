"""What comes in: purposes, limits, uploads, and the problems that refuse it."""
