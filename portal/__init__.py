"""The public square and the desks: reads everything below, writes nothing there."""
