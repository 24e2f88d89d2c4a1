"""LINE's talk exports, from a phone and from a PC, in the dialects of their languages. Pure; no effects."""
