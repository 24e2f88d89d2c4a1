"""Conversations: turns, readers for the formats that people have, windows and the quality guard. Pure and light."""
