"""Why a service cannot answer. Each message is one sentence that a person can act on."""


class ServiceError(Exception):
    """The base of every error that a service raises itself."""


class BadInput(ServiceError):
    """What was asked, or the settings it was asked with, cannot be read or cannot be true.

    `field` is which answer of a form it is about, empty where it is none or not known.
    """

    def __init__(self, sentence: str, field: str = "") -> None:
        """What is wrong, and where."""
        super().__init__(sentence)
        self.field = field


class StalePlan(ServiceError):
    """The diary, the settings or the clock give another plan now than the one to be applied."""
