"""Final accounts (年度决算): a year of the service funds by line, category, street and source, equal to the ledger."""
