"""The page: its routes, its form, its words."""
