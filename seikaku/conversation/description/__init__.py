"""How somebody writes, in figures that are certain: counted in the talk itself, never read as a trait."""
