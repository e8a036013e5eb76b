"""What the operator of the machine can do with accounts."""
