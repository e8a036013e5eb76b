"""Who may do what at the auditor's desk, a module a room: pure predicates under the rooms, no query."""
