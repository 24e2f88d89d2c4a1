"""AWS: training, tuning, serving and what they cost. The only folder that talks to AWS; boto3 loads late."""
