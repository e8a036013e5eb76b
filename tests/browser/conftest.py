"""The browser's patience: a busy machine of two cores answers late, never wrongly."""

from playwright.sync_api import expect

expect.set_options(timeout=30_000)
