"""build_demo."""
