"""The ground floor: knows no app."""
