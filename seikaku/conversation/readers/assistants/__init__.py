"""Talks with an assistant: ChatGPT, Claude, OpenAI-style messages. Kept is what the person wrote."""

from seikaku.conversation.readers.assistants import chatgpt, claude, openai_messages
from seikaku.conversation.readers.source import Reader

READERS: tuple[Reader, ...] = (chatgpt.READER, claude.READER, openai_messages.READER)
