"""Group Z: compression (rows Z1 to Z9), zstd and gzip."""

import struct
import zlib

import bundle
from bundle import GZIP_HEADER, deflate, gzip, zstd, zstd_block, zstd_header
from suite import accepted, dump, must, refused
from world import next_bundle, thing

MIB = 1 << 20


def packed(id_, what, error, change, compression="zstd", **more):
    """The compressed bytes of the one member, changed before all is hashed
    and signed."""
    def make(w):
        f = next_bundle(w, compression=compression)
        f.packed = [change(f.plain[0][1])]
        return f
    refused(id_, "%s: %s" % (compression, what), error, make, **more)


def with_gzip(id_, what, error, change, **more):
    packed(id_, what, error, change, "gzip", **more)


# Many bytes out of few: RLE blocks of 128 KiB, 4 bytes each; and deflate.
RLE = zstd_block(1, 131072, b"a", 0)
BOMB = zstd_block(1, 131072, b"a", 0) * 8191 + zstd_block(1, 131072, b"a", 1)


def deflate_bomb(size):
    """One MiB of zeros, again and again."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    once = squeeze.compress(bytes(MIB)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    return once * (size // MIB) + b"\3\0"


DEFLATE_BOMB = deflate_bomb(256 * MIB)
assert len(DEFLATE_BOMB) < MIB

packed("Z1", "1 GiB, stated honestly", "E_LIMIT",
       lambda d: zstd_header(1 << 30, 0x58) + BOMB, limited=True)
packed("Z1", "4 MiB and one byte", "E_LIMIT",
       lambda d: zstd(b"\n" * (4 * MIB + 1)), limited=True)
with_gzip("Z1", "256 MiB, stated honestly", "E_LIMIT",
          lambda d: gzip(b"", size=256 * MIB, body=DEFLATE_BOMB),
          limited=True)


@refused("Z1", "the manifest states 1 GiB unpacked", "E_LIMIT")
def _(w):
    f = next_bundle(w)
    f.totals["unpacked"] = 1 << 30
    return f


packed("Z2", "1 GiB, stated as 1 MiB", "E_DECOMPRESS",
       lambda d: zstd_header(MIB, 0x58) + BOMB, limited=True)
packed("Z2", "1 GiB, its size not stated", "E_DECOMPRESS",
       lambda d: b"\x28\xb5\x2f\xfd\x00\x58" + BOMB, limited=True)
with_gzip("Z2", "256 MiB, stated as 1 MiB", "E_DECOMPRESS",
          lambda d: gzip(b"", size=MIB, body=DEFLATE_BOMB), limited=True)
with_gzip("Z2", "4 GiB and 5 bytes, stated mod 2^32", "E_DECOMPRESS",
          lambda d: gzip(b"", size=5, body=DEFLATE_BOMB), limited=True)
packed("Z3", "one byte less than stated", "E_DECOMPRESS",
       lambda d: zstd_header(len(d) + 1) + zstd(d)[9:])
packed("Z3", "one byte more than stated", "E_DECOMPRESS",
       lambda d: zstd_header(len(d) - 1) + zstd(d)[9:])
with_gzip("Z3", "one byte less than stated", "E_DECOMPRESS",
          lambda d: gzip(d, size=len(d) + 1))
with_gzip("Z3", "one byte more than stated", "E_DECOMPRESS",
          lambda d: gzip(d, size=len(d) - 1))

packed("Z4", "a reserved block type", "E_DECOMPRESS",
       lambda d: zstd_header(len(d)) + zstd_block(3, len(d), d, 1))
packed("Z4", "a compressed block of noise", "E_DECOMPRESS",
       lambda d: zstd_header(len(d)) + zstd_block(2, len(d), d, 1))
packed("Z4", "cut off in a block", "E_DECOMPRESS", lambda d: zstd(d)[:-5])
packed("Z4", "no last block", "E_DECOMPRESS",
       lambda d: zstd_header(len(d)) + zstd_block(0, len(d), d, 0))
packed("Z4", "a block larger than a block may be", "E_DECOMPRESS",
       lambda d: zstd_header(MIB) + zstd_block(1, MIB, b"a", 1))
packed("Z4", "no bytes at all", "E_DECOMPRESS", lambda d: b"")
packed("Z4", "plain bytes", "E_DECOMPRESS", lambda d: d)
packed("Z4", "gzip though it is named zstd", "E_DECOMPRESS", gzip)
with_gzip("Z4", "zstd though it is named gzip", "E_DECOMPRESS", zstd)
with_gzip("Z4", "noise in the deflate stream", "E_DECOMPRESS",
          lambda d: gzip(d, body=b"\x07" + deflate(d)[1:]))
with_gzip("Z4", "cut off in the stream", "E_DECOMPRESS",
          lambda d: gzip(d, body=deflate(d)[:-9]))
with_gzip("Z4", "a zlib stream in it", "E_DECOMPRESS",
          lambda d: gzip(d, body=zlib.compress(d)))
with_gzip("Z4", "nothing but header and trailer", "E_DECOMPRESS",
          lambda d: gzip(d, body=b""))

packed("Z5", "a checksum, which format 1 does not have", "E_DECOMPRESS",
       lambda d: b"\x28\xb5\x2f\xfd\xa4" + zstd(d)[5:] + b"\0\0\0\0")
with_gzip("Z5", "CRC off by one bit", "E_DECOMPRESS",
          lambda d: gzip(d, crc=zlib.crc32(d) ^ 1))
with_gzip("Z5", "CRC of nothing", "E_DECOMPRESS", lambda d: gzip(d, crc=0))

packed("Z6", "a second frame", "E_DECOMPRESS", lambda d: zstd(d) + zstd(b""))
packed("Z6", "a skippable frame before it", "E_DECOMPRESS",
       lambda d: b"\x50\x2a\x4d\x18\x04\0\0\0evil" + zstd(d))
packed("Z6", "a skippable frame after it", "E_DECOMPRESS",
       lambda d: zstd(d) + b"\x50\x2a\x4d\x18\x04\0\0\0evil")
packed("Z6", "a byte after it", "E_DECOMPRESS", lambda d: zstd(d) + b"\0")
packed("Z6", "the records in two frames", "E_DECOMPRESS",
       lambda d: zstd(d[:99]) + zstd(d[99:]))
with_gzip("Z6", "a second member", "E_DECOMPRESS",
          lambda d: gzip(d) + gzip(b""))
with_gzip("Z6", "a byte after it", "E_DECOMPRESS", lambda d: gzip(d) + b"\0")
with_gzip("Z6", "bytes between stream and trailer", "E_DECOMPRESS",
          lambda d: gzip(d, body=deflate(d) + b"evil"))

packed("Z7", "a dictionary", "E_DECOMPRESS",
       lambda d: b"\x28\xb5\x2f\xfd\xa1\x07" + zstd(d)[5:])
packed("Z7", "a window of 16 MiB", "E_DECOMPRESS",
       lambda d: zstd_header(len(d), 14 << 3) + zstd(d)[9:])
packed("Z7", "a window of 2 TiB", "E_DECOMPRESS",
       lambda d: zstd_header(len(d), 31 << 3) + zstd(d)[9:], limited=True)
packed("Z7", "the reserved bit", "E_DECOMPRESS",
       lambda d: b"\x28\xb5\x2f\xfd\xa8" + zstd(d)[5:])
packed("Z7", "an old magic number", "E_DECOMPRESS",
       lambda d: b"\x27" + zstd(d)[1:])


def dictionary(data):
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -15, zdict=data[:200])
    return squeeze.compress(data) + squeeze.flush()


with_gzip("Z7", "a preset dictionary", "E_DECOMPRESS",
          lambda d: gzip(d, body=dictionary(d)))
with_gzip("Z7", "a million empty stored blocks, then none", "E_DECOMPRESS",
          lambda d: gzip(d, body=b"\0\0\0\xff\xff" * 900000), limited=True)
packed("Z7", "a million empty raw blocks, then none", "E_DECOMPRESS",
       lambda d: zstd_header(len(d)) + zstd_block(0, 0, b"", 0) * 1000000,
       limited=True)

FLAGS = {"FTEXT": 1, "FHCRC": 2, "FEXTRA": 4, "FNAME": 8, "FCOMMENT": 16,
         "a reserved flag": 32}
EXTRA = {"FHCRC": b"\0\0", "FEXTRA": struct.pack("<H", 65535) + bytes(65535),
         "FNAME": b"n" * (2 * MIB) + b"\0", "FCOMMENT": b"evil\0"}
for flag, bit in FLAGS.items():
    with_gzip("Z9", flag, "E_DECOMPRESS", lambda d, b=bit, x=EXTRA.get(
        flag, b""): gzip(d, head=GZIP_HEADER[:3] + bytes([b]) +
                         GZIP_HEADER[4:] + x))
for at, what in ((0, "magic"), (2, "method"), (4, "time"), (8, "level"),
                 (9, "system")):
    with_gzip("Z9", "another " + what, "E_DECOMPRESS",
              lambda d, i=at: gzip(d, head=GZIP_HEADER[:i] + bytes(
                  [GZIP_HEADER[i] ^ 1]) + GZIP_HEADER[i + 1:]))


def repeated(compression):
    """3 MB of one letter: a ratio above 200 under the limits."""
    def make(w):
        s, text = w.sender, "r" * 3000000
        f = bundle.File(s, [w.reader], records=[
            ("big", [s.version("big", thing("big", text))])], since=3,
            until=4, compression=compression)
        assert len(f.packed[0]) * 200 < len(f.plain[0][1])
        return f

    def check(w, _):
        must(dump(w)["big"]["fields"]["Result"] == "r" * 3000000, "the text")
    accepted("Z8", compression + ": 200 to 1, under the limits", make,
             check=check, limited=True)


repeated("zstd")
repeated("gzip")
