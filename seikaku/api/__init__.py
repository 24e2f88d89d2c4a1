"""The Python interface: ``seikaku.read``, ``seikaku.estimate``, and results that a notebook shows."""
