"""The demonstration world (演示世界): played through the operations, from the letter 五青复〔2019〕6号; only with DEMO=1."""
