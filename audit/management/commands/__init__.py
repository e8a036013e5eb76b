"""verify_journal."""
