"""How a message gets to somebody: one way a file. A message is the same for all of them."""
