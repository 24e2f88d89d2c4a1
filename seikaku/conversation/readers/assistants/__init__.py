"""Talks with an assistant: ChatGPT, Claude, OpenAI-style messages."""

from seikaku.conversation.readers.source import Reader

READERS: tuple[Reader, ...] = ()
