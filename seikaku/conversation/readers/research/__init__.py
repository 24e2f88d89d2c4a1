"""Transcription formats of Japanese conversation research: NUCC, BTSJ."""

from seikaku.conversation.readers.research import btsj, nucc
from seikaku.conversation.readers.source import Reader

READERS: tuple[Reader, ...] = (nucc.READER, btsj.READER)
