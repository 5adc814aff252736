"""age v1 (C2SP age.md) with X25519 recipients, in plain Python: slow, and
only for a few kilobytes.  What a vector wants wrong is a parameter."""

import base64
import hashlib
import hmac
import os
import struct

PRIME = 2 ** 255 - 19
CHUNK = 65536
NINE = (9).to_bytes(32, "little")
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def x25519(scalar, point):
    k = int.from_bytes(scalar, "little") & (2 ** 254 - 8) | 2 ** 254
    u = int.from_bytes(point, "little") & (2 ** 255 - 1)
    x2, z2, x3, z3, swap = 1, 0, u, 1, 0
    for t in range(254, -1, -1):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b = x2 + z2, x2 - z2
        aa, bb = a * a % PRIME, b * b % PRIME
        e = aa - bb
        da, cb = (x3 - z3) * a % PRIME, (x3 + z3) * b % PRIME
        x3, z3 = (da + cb) ** 2 % PRIME, u * (da - cb) ** 2 % PRIME
        x2, z2 = aa * bb % PRIME, e * (aa + 121665 * e) % PRIME
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little")


def chacha_block(key, counter, nonce):
    start = list(struct.unpack("<16I", b"expand 32-byte k" + key +
                               struct.pack("<I", counter) + nonce))
    x = start[:]
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14),
                           (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12),
                           (2, 7, 8, 13), (3, 4, 9, 14)):
            xa, xb, xc, xd = x[a], x[b], x[c], x[d]
            for left, right in ((16, 12), (8, 7)):
                xa = xa + xb & 0xffffffff
                xd ^= xa
                xd = (xd << left | xd >> 32 - left) & 0xffffffff
                xc = xc + xd & 0xffffffff
                xb ^= xc
                xb = (xb << right | xb >> 32 - right) & 0xffffffff
            x[a], x[b], x[c], x[d] = xa, xb, xc, xd
    return struct.pack("<16I", *((i + j) & 0xffffffff
                                 for i, j in zip(x, start)))


def chacha(key, nonce, data):
    blocks = (len(data) + 63) // 64
    stream = b"".join(chacha_block(key, i + 1, nonce) for i in range(blocks))
    n = len(data)
    return (int.from_bytes(data, "little") ^
            int.from_bytes(stream[:n], "little")).to_bytes(n, "little")


def poly1305(key, data):
    r = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    total, prime = 0, 2 ** 130 - 5
    for i in range(0, len(data), 16):
        block = data[i:i + 16] + b"\x01"
        total = (total + int.from_bytes(block, "little")) * r % prime
    total += int.from_bytes(key[16:], "little")
    return (total & 2 ** 128 - 1).to_bytes(16, "little")


def tag(key, nonce, sealed):
    pad = b"\0" * (-len(sealed) % 16)
    return poly1305(chacha_block(key, 0, nonce)[:32], sealed + pad +
                    struct.pack("<QQ", 0, len(sealed)))


def seal(key, nonce, data):
    sealed = chacha(key, nonce, data)
    return sealed + tag(key, nonce, sealed)


def unseal(key, nonce, data):
    """The plain bytes, or None: not authentic."""
    if tag(key, nonce, data[:-16]) != data[-16:]:
        return None
    return chacha(key, nonce, data[:-16])


def hkdf(secret, salt, info):
    key = hmac.new(salt or b"\0" * 32, secret, hashlib.sha256).digest()
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()


def b64(data):
    return base64.b64encode(data).rstrip(b"=")


def unb64(text):
    return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)


# --- stanzas, header, payload

def wrap_key(share, shared, recipient):
    return hkdf(shared, share + recipient, b"age-encryption.org/v1/X25519")


def stanza(file_key, recipient):
    """(arguments, body) of one recipient."""
    secret = os.urandom(32)
    share = x25519(secret, NINE)
    key = wrap_key(share, x25519(secret, recipient), recipient)
    return [b"X25519", b64(share)], seal(key, b"\0" * 12, file_key)


def write_header(stanzas, file_key):
    out = b"age-encryption.org/v1\n"
    for args, body in stanzas:
        out += b"-> " + b" ".join(args) + b"\n"
        text = b64(body)
        while len(text) >= 64:
            out += text[:64] + b"\n"
            text = text[64:]
        out += text + b"\n"
    out += b"---"
    mac = hmac.new(hkdf(file_key, b"", b"header"), out, hashlib.sha256)
    return out + b" " + b64(mac.digest()) + b"\n"


def chunk_nonce(index, last):
    return index.to_bytes(11, "big") + (b"\x01" if last else b"\0")


def write_chunks(key, data):
    """The sealed chunks of a payload."""
    count = max(1, (len(data) + CHUNK - 1) // CHUNK)
    return [seal(key, chunk_nonce(i, i == count - 1),
                 data[i * CHUNK:(i + 1) * CHUNK]) for i in range(count)]


def payload_key(file_key, nonce):
    return hkdf(file_key, nonce, b"payload")


def encrypt(data, recipients):
    file_key, nonce = os.urandom(16), os.urandom(16)
    header = write_header([stanza(file_key, r) for r in recipients], file_key)
    return header + nonce + b"".join(
        write_chunks(payload_key(file_key, nonce), data))


def read_stanzas(data):
    """[(arguments, body)], the header without its MAC, MAC, payload."""
    end = data.index(b"\n--- ")
    lines = data[:end].split(b"\n")
    if lines.pop(0) != b"age-encryption.org/v1":
        raise ValueError("not an age file")
    stanzas, body = [], None
    for line in lines:
        if line.startswith(b"-> "):
            stanzas.append((line[3:].split(b" "), []))
        else:
            stanzas[-1][1].append(line)
    mac, payload = data[end + 5:].split(b"\n", 1)
    return ([(args, unb64(b"".join(body))) for args, body in stanzas],
            data[:end + 4], unb64(mac), payload)


def file_key_for(secret, stanzas):
    public = x25519(secret, NINE)
    for args, body in stanzas:
        share = unb64(args[1])
        key = wrap_key(share, x25519(secret, share), public)
        file_key = unseal(key, b"\0" * 12, body)
        if file_key is not None:
            return file_key
    raise ValueError("no stanza for this key")


def decrypt(data, secret):
    stanzas, header, mac, payload = read_stanzas(data)
    file_key = file_key_for(secret, stanzas)
    want = hmac.new(hkdf(file_key, b"", b"header"), header, hashlib.sha256)
    if want.digest() != mac:
        raise ValueError("header MAC")
    key, out, rest = payload_key(file_key, payload[:16]), [], payload[16:]
    count = (len(rest) + CHUNK + 15) // (CHUNK + 16)
    for i in range(count):
        sealed = rest[i * (CHUNK + 16):(i + 1) * (CHUNK + 16)]
        plain = unseal(key, chunk_nonce(i, i == count - 1), sealed)
        if plain is None:
            raise ValueError("chunk %d" % i)
        out.append(plain)
    return b"".join(out)


# --- Bech32 (BIP 173), lower case

def checksum(prefix, values):
    values = ([ord(c) >> 5 for c in prefix] + [0] +
              [ord(c) & 31 for c in prefix] + values + [0] * 6)
    sum_ = 1
    for value in values:
        top = sum_ >> 25
        sum_ = (sum_ & 0x1ffffff) << 5 ^ value
        for i, generator in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                       0x3d4233dd, 0x2a1462b3)):
            if top >> i & 1:
                sum_ ^= generator
    return [(sum_ ^ 1) >> 5 * (5 - i) & 31 for i in range(6)]


def regroup(values, size, to, pad):
    out, have, bits = [], 0, 0
    for value in values:
        have, bits = have << size | value, bits + size
        while bits >= to:
            bits -= to
            out.append(have >> bits & (1 << to) - 1)
    if pad and bits:
        out.append(have << to - bits & (1 << to) - 1)
    return out


def recipient(key, prefix="age"):
    values = regroup(key, 8, 5, True)
    return prefix + "1" + "".join(BECH32[v] for v in
                                  values + checksum(prefix, values))


def recipient_key(text):
    values = [BECH32.index(c) for c in text[4:]]
    if text[:4] != "age1" or checksum("age", values[:-6]) != values[-6:]:
        raise ValueError("not a recipient")
    return bytes(regroup(values[:-6], 5, 8, False))
