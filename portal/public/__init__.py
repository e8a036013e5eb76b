"""The public square (公开门户): what a stranger may see, named field by field in queries.py."""
