"""The platform's settings for the short campaign: work of a killed worker is taken over after seconds, not a minute."""

from config.settings import *  # noqa: F403 - everything else as it is

OUTBOX_LEASE_SECONDS = REPORT_STALE_SECONDS = 10
