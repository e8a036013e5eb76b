"""What the Makefile calls: system packages, keys, assets, serving, the demonstration's database, the whole test run."""
