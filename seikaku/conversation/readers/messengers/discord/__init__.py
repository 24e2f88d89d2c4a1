"""What DiscordChatExporter writes: JSON, CSV and text."""

from seikaku.conversation.readers.messengers.discord import csv_export, json_export, txt_export
from seikaku.conversation.readers.source import Reader

READERS: tuple[Reader, ...] = (json_export.READER, csv_export.READER, txt_export.READER)
