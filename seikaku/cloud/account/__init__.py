"""Whose account, which bucket and role, and what an answer of AWS means; used by every other room of the cloud."""
