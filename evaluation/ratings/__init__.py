"""Ratings (评价汇总): providers over the years, projects of a year side by side, appraisal of buyers and evaluators."""
