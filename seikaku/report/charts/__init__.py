"""Charts as inline SVG: trait bars, a radar, trends, two people side by side."""
