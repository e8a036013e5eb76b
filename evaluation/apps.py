"""The app `evaluation`."""

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    """Announce the app; import what is reported."""

    name = "evaluation"
    verbose_name = "绩效评价"

    def ready(self) -> None:
        """Import the edge: what is reported, for web and worker alike."""
        from evaluation import reports  # noqa: F401
