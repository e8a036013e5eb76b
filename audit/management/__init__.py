"""Management commands of the auditor."""
