"""What machines cost and how long a job takes: prices, plans, limits."""
