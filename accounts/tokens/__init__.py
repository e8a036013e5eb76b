"""Access tokens (访问令牌): with which a program acts as a person, in one organization, for a time."""
