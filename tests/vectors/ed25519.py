"""Ed25519 as RFC 8032 says it, for a writer and reader of their own.

Not constant-time and not for secrets: all keys here are made for one run.
Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
"""

import hashlib

P = 2 ** 255 - 19
L = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
ZERO = (0, 1, 1, 0)


def add(a, b):
    m = (a[1] - a[0]) * (b[1] - b[0]) % P
    n = (a[1] + a[0]) * (b[1] + b[0]) % P
    c = 2 * a[3] * b[3] * D % P
    d = 2 * a[2] * b[2] % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n, point):
    total = ZERO
    while n > 0:
        if n & 1:
            total = add(total, point)
        point = add(point, point)
        n >>= 1
    return total


def same(a, b):
    return ((a[0] * b[2] - b[0] * a[2]) % P == 0 and
            (a[1] * b[2] - b[1] * a[2]) % P == 0)


def encode(point):
    z = pow(point[2], P - 2, P)
    x, y = point[0] * z % P, point[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data):
    """The point, or None: not on the curve or not canonical."""
    y = int.from_bytes(data, "little")
    sign = y >> 255
    y &= 2 ** 255 - 1
    if y >= P:
        return None
    u, v = y * y - 1, D * y * y + 1
    x2 = u * pow(v, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def rows():
    """16 multiples of the base for each half-byte of a scalar."""
    table, unit = [], BASE
    for _ in range(64):
        row = [ZERO]
        for _ in range(15):
            row.append(add(row[-1], unit))
        table.append(row)
        unit = add(row[-1], unit)
    return table


TABLE = rows()


def times_base(n):
    total = ZERO
    for row in TABLE:
        total = add(total, row[n & 15])
        n >>= 4
    return total


def number(data):
    return int.from_bytes(data, "little")


def expand(seed):
    h = hashlib.sha512(seed).digest()
    return number(h[:32]) & (2 ** 254 - 8) | 2 ** 254, h[32:]


def public(seed):
    return encode(times_base(expand(seed)[0]))


DOM_PH = b"SigEd25519 no Ed25519 collisions\x01\x00"


def sign(seed, message, dom=b""):
    """`dom` DOM_PH and a SHA-512 as message: Ed25519ph."""
    a, prefix = expand(seed)
    key = encode(times_base(a))
    r = number(hashlib.sha512(dom + prefix + message).digest()) % L
    point = encode(times_base(r))
    k = number(hashlib.sha512(dom + point + key + message).digest()) % L
    return point + ((r + k * a) % L).to_bytes(32, "little")


def verify(key, message, signature):
    a, r = decode(key), decode(signature[:32])
    s = number(signature[32:])
    if a is None or r is None or s >= L:
        return False
    k = number(hashlib.sha512(signature[:32] + key + message).digest()) % L
    return same(times_base(s), add(r, times(k, a)))


def small_order():
    """All encodings of the eight points whose order divides 8, those that
    are not canonical among them."""
    # A point times L is of small order; some point gives the whole group.
    y = 2
    while True:
        point = decode(y.to_bytes(32, "little"))
        torsion = times(L, point) if point else ZERO
        if not same(times(4, torsion), ZERO):
            break
        y += 1
    found = {encode(times(n, torsion)) for n in range(8)}
    for data in list(found):
        value = number(data)
        for sign in (0, 1 << 255):
            low = value & (2 ** 255 - 1)
            if low in (0, 1):
                found.add((low | sign).to_bytes(32, "little"))
                found.add((low + P | sign).to_bytes(32, "little"))
            if low == P - 1:
                found.add((low | sign).to_bytes(32, "little"))
    return sorted(found)


def mixed_order(seed):
    """A key with a torsion part: on the curve, but of no proper order."""
    torsion = next(decode(p) for p in small_order() if decode(p) and
                   not same(times(4, decode(p)), ZERO))
    return encode(add(times_base(expand(seed)[0]), torsion))
