"""Expenses (专账): what the provider spent under a contract, with voucher and invoice; the buyer's finance judges each."""
