"""Amendments (补充协议): what a contract in force may still change, within the law's tenth, one level up, signed by both."""
