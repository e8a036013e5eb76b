"""The auditor's desk (查账): from any figure of the year to the voucher and up again; samples that anybody repeats."""
