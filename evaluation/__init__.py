"""How well a provider did (绩效评价): frameworks of indicators, assessments by them, ratings over time."""
