"""What to do first: the clocks of open tickets, what their next breaches cost, and their order."""
