"""Salesforce's ids: 15 characters that tell capitals apart, and the 18 that need not."""

from .chance import Chance

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def long_id(short: str) -> str:
    """The 18-character form: the suffix says, for each five characters, which of them are capitals."""
    suffix = ""
    for start in (0, 5, 10):
        bits = "".join("1" if "A" <= one <= "Z" else "0" for one in reversed(short[start : start + 5]))
        suffix += _CHECK[int(bits, 2)]
    return short + suffix


def opportunity_id(seed: int, deal_id: str) -> str:
    """Of the opportunity that is a deal's double, known to either CRM before it is rendered."""
    return long_id("0065e000" + "".join(Chance(seed, f"opportunity/{deal_id}").choices(LETTERS, k=7)))
