"""The second factor (两步验证): a code of a person's own device after the password, recovery codes, the reset of who lost it."""
