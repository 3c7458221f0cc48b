"""What can go wrong for us. What a stranger sends is never here: verifiers answer with a verdict.

SophiaError
├── ConfigurationMissing      a setting, secret or connection is not there: an operator must add it
├── Unreadable                an authentic delivery or answer that cannot be understood: quarantine it
├── AwsCallFailed             an AWS service did not do what we asked; carries code
├── CannotStore               nothing was stored; the sender must try again
│   ├── QueueUnavailable
│   └── LakeUnavailable
├── LeaseLost                 another puller took our stream over: stop, it goes on from our last saved cursor
├── StateContended            a state item changed faster than we could write it: try again later
└── VendorError               a vendor did not give what a pull asked for
    ├── VendorBusy            it asked us to wait longer than this run may; carries after_s
    ├── VendorUnavailable     no usable answer within the retry budget
    ├── VendorSaysNo          it refuses us for good: credentials, scope, a wrong request; carries words
    │   └── VendorForgot      the page or delta token we read on with has expired: read from the start
    └── CircuitOpen           we stopped asking after repeated failures; carries after_s
"""


class SophiaError(Exception):
    """The root of our errors."""


class ConfigurationMissing(SophiaError):
    """A setting, secret or connection is missing; the message says which and how to add it."""


class Unreadable(SophiaError):
    """Authentic but not understood. `reason` is a short code, the message says more, never with payload in it."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class AwsCallFailed(SophiaError):
    """An AWS service refused, or gave no usable answer. `code` is its error code, or `unreachable`."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class CannotStore(SophiaError):
    """Nothing was stored: never answer 2xx after this."""


class QueueUnavailable(CannotStore):
    """The queue did not confirm the message."""


class LakeUnavailable(CannotStore):
    """The lake did not confirm the object."""


class LeaseLost(SophiaError):
    """Another puller holds this stream now; nothing more of ours may be saved."""


class StateContended(SophiaError):
    """Too many writers at one state item."""


class VendorError(SophiaError):
    """A vendor did not give what a pull asked for."""


class VendorBusy(VendorError):
    """The vendor, or our own rate budget, asks for a longer pause than this run can wait out."""

    def __init__(self, message: str, after_s: float) -> None:
        super().__init__(message)
        self.after_s = after_s


class VendorUnavailable(VendorError):
    """No usable answer within the retry budget. `status` is that of the last one, 0 where there was none."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class VendorSaysNo(VendorError):
    """A refusal that trying again will not change. `words` are the vendor's own, to show and never to log."""

    def __init__(self, message: str, words: str = "") -> None:
        super().__init__(message)
        self.words = words


class VendorForgot(VendorSaysNo):
    """A page, sync or delta token has expired on the vendor's side."""


class CircuitOpen(VendorBusy):
    """The breaker of this vendor connection is open until after_s from now."""
