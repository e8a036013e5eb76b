"""Who may do what in a case, a module a room: pure predicates under the rooms, no query."""
