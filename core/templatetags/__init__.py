"""What templates may call: words for money, days and deadlines, and the small pieces of a page."""
