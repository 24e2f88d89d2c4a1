"""Ridge on n-grams and on a frozen encoder, as the evaluation protocol sees them."""
