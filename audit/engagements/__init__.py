"""Special audits (专项审计): joint team, programme from the contract, working papers, findings, report, rectification."""
