"""What the command line offers of the ground floor: pages of the docs that are drawn from the code."""
