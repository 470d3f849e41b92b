"""Errors and warnings, one family under one base each."""


class InterplayError(Exception):
    """Base of everything the library raises on purpose."""


class InvalidInput(InterplayError, ValueError):
    """What the caller passed cannot be used; the message says what must hold and what came."""


class UntrustedPart(InterplayError, ValueError):
    """A file names code that would have to be imported, and the caller did not say that it may be."""


class NotFitted(InterplayError, AttributeError):
    """A learned value was asked for before `fit`."""


class LeakageError(InterplayError, ValueError):
    """Something about evaluated entities would reach a profile, a scaler or a model."""


class DamagedFile(InterplayError, ValueError):
    """A file or folder can not be read whole, or is not what it should be."""


class FetchFailed(InterplayError, OSError):
    """A download that was asked for could not be finished."""


class InterplayWarning(UserWarning):
    """Base of the library's warnings."""


class ConvergenceWarning(InterplayWarning):
    """A solver or a training run stopped before it reached its tolerance."""


class DataWarning(InterplayWarning):
    """The data can be used, but something about them limits what can be concluded."""
