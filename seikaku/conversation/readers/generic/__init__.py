"""Formats of no app: tables, JSON, labelled text, RealPersonaChat."""
