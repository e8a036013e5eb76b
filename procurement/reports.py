"""The rooms' reports (报告), imported so that they register themselves."""

from procurement.acceptances import reports as acceptances
from procurement.amendments import reports as amendments
from procurement.awards import reports as awards
from procurement.contracts import reports as contracts
from procurement.final_accounts import reports as final_accounts
from procurement.settlements import reports as settlements

__all__ = ["acceptances", "amendments", "awards", "contracts", "final_accounts", "settlements"]
