"""The journal (日志): one chain of entries per aggregate, in the same transaction as the deed."""
