"""Ed25519 as docs/spec/checkpoint.md sections 2 and 3 ask for it: strict, without the cofactor.

The point checks are integers only. The signature equation itself is left to OpenSSL through `cryptography`, which
compares the encoding of [S]B - [k]A with R; whatever it may be lenient about is refused here before it is called.
"""
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE_D = -121665 * pow(121666, -1, PRIME) % PRIME
ROOT_OF_MINUS_ONE = pow(2, (PRIME - 1) // 4, PRIME)
NEUTRAL = (0, 1, 1, 0)


def decode(encoded):
    """The point (X, Y, Z, T) that 32 bytes spell canonically, or None."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= PRIME:
        return None
    numerator, denominator = (y * y - 1) % PRIME, (CURVE_D * y * y + 1) % PRIME
    x = numerator * pow(denominator, 3, PRIME) * pow(numerator * pow(denominator, 7, PRIME), (PRIME - 5) // 8, PRIME) % PRIME
    if (denominator * x * x - numerator) % PRIME:
        x = x * ROOT_OF_MINUS_ONE % PRIME
        if (denominator * x * x - numerator) % PRIME:
            return None
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = PRIME - x
    return x, y, 1, x * y % PRIME


def add(one, other):
    a = (one[1] - one[0]) * (other[1] - other[0]) % PRIME
    b = (one[1] + one[0]) * (other[1] + other[0]) % PRIME
    c = 2 * one[3] * other[3] * CURVE_D % PRIME
    d = 2 * one[2] * other[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def multiply(point, factor):
    total = NEUTRAL
    for bit in f"{factor:b}":
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def is_neutral(point):
    return point[0] % PRIME == 0 and (point[1] - point[2]) % PRIME == 0


def has_small_order(point):
    return is_neutral(multiply(point, 8))


def key_fault(key):
    """Why these 32 bytes may not be registered as a public key, or None."""
    point = decode(key)
    if point is None:
        return "a key that is no canonical point"
    if has_small_order(point):
        return "a key of small order"
    if not is_neutral(multiply(point, ORDER)):
        return "a key with torsion"
    return None


def signature_fault(key, signature, message):
    """Why a signature does not hold under a key that `key_fault` has passed, or None."""
    if int.from_bytes(signature[32:], "little") >= ORDER:
        return "S is not below the group order"
    point = decode(signature[:32])
    if point is None:
        return "R is no canonical point"
    if has_small_order(point):
        return "R is of small order"
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return "a signature that does not verify"
    return None
