"""The auditor's app: the journal (日志), and later risks, inspections and the archive."""
