"""Activities (场次): what a provider plans, holds and records; a street verifies it, the buyer counts it.

Three numbers are kept apart everywhere: 场次 (sessions), 服务人次 (person-times) and 服务人数 (distinct people).
"""
