"""Open data (开放数据): OCDS releases and records, tables, a feed, a year at once. Nothing that is not public on a page."""
