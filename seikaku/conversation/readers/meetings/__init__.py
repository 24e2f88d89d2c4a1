"""Transcripts and chats of meetings: Zoom, Teams, Google Meet, Notta, subtitles with speakers."""

from seikaku.conversation.readers.meetings import meet, notta, srt, teams, vtt, zoom
from seikaku.conversation.readers.source import Reader

READERS: tuple[Reader, ...] = (zoom.READER, vtt.READER, teams.READER, meet.READER, notta.READER, srt.READER)
