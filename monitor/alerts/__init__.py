"""What there is to tell the team, as the plan and the evidence have it. No customer's page knows it."""
