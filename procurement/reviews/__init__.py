"""Reviews (评审): checks, scores, ranking."""
