"""Lambda and API Gateway: one CloudFormation stack, and what it leaves behind."""
