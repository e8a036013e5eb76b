"""Organizations (单位): buyers, providers, offices; verification and suspension."""
