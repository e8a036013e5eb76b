"""Grants (补助支出): money that leaves a budget line without a contract; the door through which evaluation's incentives pay."""
