"""Transcription formats of Japanese conversation research: NUCC, BTSJ."""

from seikaku.conversation.readers.source import Reader

READERS: tuple[Reader, ...] = ()
