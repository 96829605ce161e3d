"""For whoever is on call: incidents, as the plan and the evidence have them. No customer's page knows it."""
