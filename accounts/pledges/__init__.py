"""Pledges (廉洁承诺): the text of each role group in versions, who signed it, and the trainings that were held (R49)."""
