"""Review panels (评审组)."""
