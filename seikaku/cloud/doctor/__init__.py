"""`cloud doctor`: what stands in the way of a job, checked before any money is spent."""
