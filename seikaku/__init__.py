"""seikaku (性格): Big Five estimates from Japanese conversation, with honest uncertainty."""

from seikaku.version import __version__

__all__ = ["__version__"]
