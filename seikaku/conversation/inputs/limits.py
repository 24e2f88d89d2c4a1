"""What is too large to be read."""

from seikaku.errors import InputFileError


class TooLargeInputError(InputFileError):
    """There is more than is read at a time: too many files, or too many bytes once they are unpacked."""
