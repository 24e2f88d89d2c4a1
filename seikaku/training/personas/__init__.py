"""Stage 1's examples: personas as texts with age, sex and occupation."""
