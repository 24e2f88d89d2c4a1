"""The corpora: fetching them, checking them, and the processed store that fitting and evaluation read."""
