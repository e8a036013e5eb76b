"""The guiding catalogue (指导性目录): editions, items, service standards."""
