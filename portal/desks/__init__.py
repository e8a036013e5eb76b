"""The desks (工作台): 待办 by role, search, notices to the person."""
