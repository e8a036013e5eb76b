"""Orders (订单): the published call."""
