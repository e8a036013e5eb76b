"""The rooms of a case, in the order a case walks them (发订单)."""
