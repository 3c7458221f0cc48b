"""An RSA key from a random source we choose, so that a seeded company signs with the same key in every run.

The cryptography package takes no seed. Stand-in vendors only: this makes no claim to resist anyone.
"""

import math
import random

from cryptography.hazmat.primitives.asymmetric import rsa

_EXPONENT = 65537
_SMALL_PRIMES = [n for n in range(3, 2000, 2) if all(n % d for d in range(3, math.isqrt(n) + 1, 2))]


def generate(rng: random.Random, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A private key of that many bits, the same for the same state of rng."""
    p = _prime(rng, bits // 2)
    q = _prime(rng, bits // 2)
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p,
        q,
        d,
        rsa.rsa_crt_dmp1(d, p),
        rsa.rsa_crt_dmq1(d, q),
        rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(_EXPONENT, p * q),
    ).private_key()


def _prime(rng: random.Random, bits: int) -> int:
    while True:
        # The two highest bits are set, so that a product of two has exactly twice the bits.
        candidate = rng.getrandbits(bits) | 3 << (bits - 2) | 1
        if math.gcd(candidate - 1, _EXPONENT) == 1 and _is_probably_prime(candidate, rng):
            return candidate


def _is_probably_prime(n: int, rng: random.Random, rounds: int = 5) -> bool:
    """Miller-Rabin; 5 rounds leave less than one in 2^80 for random candidates of 1,024 bits (HAC, table 4.3)."""
    if any(n % prime == 0 for prime in _SMALL_PRIMES):
        return False
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(rounds):
        power = pow(rng.randrange(2, n - 1), odd, n)
        if power in (1, n - 1):
            continue
        for _ in range(twos - 1):
            power = pow(power, 2, n)
            if power == n - 1:
                break
        else:
            return False
    return True
