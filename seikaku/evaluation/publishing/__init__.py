"""Evaluation results as people read them: tables, sentences, one chart. Everything printed comes from here."""
