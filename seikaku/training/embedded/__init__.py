"""How the embedded encoder was built from public weights."""
