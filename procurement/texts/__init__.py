"""Contract texts (合同文本): the clauses that a buyer's contracts begin with, in versions, published by the leadership."""
