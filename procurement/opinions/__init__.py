"""Opinions (服务对象意见): an anonymous questionnaire of a contract, behind a QR code; figures with their sample size."""
