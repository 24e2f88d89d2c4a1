"""The package's version, in one place (read by the build, the results and the model card)."""

__version__ = "0.1.0"
