"""Assessments (绩效评价) of finished contracts: evidence, self-score, two independent raters, reply, grade, follow-up."""
