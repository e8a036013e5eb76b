"""Incentives (奖励性补助): a year's scheme, nominations with their evidence, reviews, publicity, objections, payment (R46)."""
