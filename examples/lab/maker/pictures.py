"""Files of the kinds that instruments make: CSV, JSON, text, PNG, PDF."""

import math
import struct
import zlib

NOTE = """Note on the thermometer of the transport box\r
\r
The logger showed 5.1 °C for eleven minutes at loading (limit 5.0 °C).\r
Told Åsa Exempelsson by phone; she accepts. Ann Analyst, 17 October 2026\r
"""


def icp_run(rand, number):
    """A run of the ICP-MS as its software exports it."""
    lines = ["Instrument;ICP-MS 1;Run;%d" % number,
             "Sample;Mass;Element;CPS;Conc. [µg/L];RSD [%]"]
    for row in range(160):
        for mass, element in ((56, "Fe"), (63, "Cu"), (66, "Zn"),
                              (208, "Pb")):
            value = 40 * rand.random() ** 3
            lines.append("S%03d;%d;%s;%d;%.4f;%.2f" % (
                row + 1, mass, element, int(value * 8123) + 40, value,
                0.3 + 2 * rand.random()))
    return ("\r\n".join(lines) + "\r\n").encode("utf-8")


def ic_run(rand):
    """A run of the ion chromatograph: decimal commas, Latin-1."""
    lines = ["Probe\tAnion\tRetentionszeit [min]\tFläche [µS·min]"]
    for row in range(220):
        for anion, base in (("Cl", 4.1), ("NO3", 7.9), ("SO4", 11.6)):
            line = "P%03d\t%s\t%.2f\t%.4f" % (
                row + 1, anion, base + 0.1 * rand.random(), rand.random())
            lines.append(line.replace(".", ","))
    return ("\n".join(lines) + "\n").encode("latin-1")


def icp_log(rand):
    """What the instrument says of itself."""
    lines = []
    for minute in range(240):
        lines.append('    {"t": %d, "plasma_W": %d, "argon_L_min": %.2f, '
                     '"ok": true}' % (minute * 60, 1540 + rand.random() * 20,
                                      14.9 + rand.random() / 5))
    return ('{\n  "instrument": "Q8-1190",\n  "log": [\n%s\n  ]\n}\n'
            % ",\n".join(lines)).encode()


def stored(data):
    """A zlib stream of stored blocks, so that no zlib changes the bytes."""
    out = b"\x78\x01"
    for start in range(0, len(data), 65535):
        part = data[start:start + 65535]
        last = start + 65535 >= len(data)
        out += struct.pack("<BHH", last, len(part), len(part) ^ 0xFFFF)
        out += part
    return out + struct.pack(">I", zlib.adler32(data))


def chunk(kind, data):
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + \
        struct.pack(">I", zlib.crc32(kind + data))


def png(pixels, width, height):
    """An image of four colours: white, black, blue, grey."""
    rows = []
    for y in range(height):
        line = pixels[y * width:(y + 1) * width]
        rows.append(b"\0" + bytes(
            line[x] << 6 | line[x + 1] << 4 | line[x + 2] << 2 | line[x + 3]
            for x in range(0, width, 4)))
    palette = bytes([255, 255, 255, 0, 0, 0, 30, 70, 180, 210, 210, 210])
    head = struct.pack(">IIBBBBB", width, height, 2, 3, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + \
        chunk(b"PLTE", palette) + chunk(b"IDAT", stored(b"".join(rows))) + \
        chunk(b"IEND", b"")


def plot(rand, number):
    """A chromatogram: a grid, two axes, a base line with peaks."""
    width, height, left, base = 480, 180, 24, 160
    pixels = bytearray(width * height)
    for x in range(left, width):
        for y in range(0, base):
            if (x - left) % 64 == 0 or (base - y) % 32 == 0:
                pixels[y * width + x] = 3
    for x in range(left, width):
        pixels[base * width + x] = 1
    for y in range(0, base):
        pixels[y * width + left] = 1
    peaks = [(60 + i * 90 + 30 * rand.random(), 4 + 5 * rand.random(),
              30 + 100 * rand.random()) for i in range(3 + number % 2)]
    before = base - 2
    for x in range(left + 1, width):
        level = sum(top * math.exp(-((x - left - mid) / wide) ** 2 / 2)
                    for mid, wide, top in peaks)
        y = base - 3 - int(level + 1.5 * rand.random())
        for dot in range(min(y, before), max(y, before) + 1):
            pixels[max(dot, 0) * width + x] = 2
        before = y
    return png(pixels, width, height)


def pdf(lines):
    """One page of text in Courier, Latin-1 (µ and such; the rest is '?')."""
    text = b"BT /F1 11 Tf 60 770 Td 15 TL\n"
    for line in lines:
        raw = line.encode("latin-1", "replace").replace(b"\\", b"\\\\")
        raw = raw.replace(b"(", b"\\(").replace(b")", b"\\)")
        text += b"(" + raw + b") '\n"
    text += b"ET"
    things = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]\n"
        b"/Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier\n"
        b"/Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]
    out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, thing in enumerate(things, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, thing)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(things) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + (b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n"
                  b"%%%%EOF\n" % (len(things) + 1, table))
