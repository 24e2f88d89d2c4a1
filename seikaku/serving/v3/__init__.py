"""The route of IBM Watson Personality Insights v3."""
