"""What can be bought, and why (列清单)."""
