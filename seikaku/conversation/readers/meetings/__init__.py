"""Transcripts and chats of meetings: Zoom, Teams, Google Meet, Notta, subtitles with speakers."""

from seikaku.conversation.readers.source import Reader

READERS: tuple[Reader, ...] = ()
