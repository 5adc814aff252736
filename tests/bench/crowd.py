"""crowd.py FOLDER COUNT POOL: fill FOLDER with COUNT things such as lie on
storage that many share, the same in each run.

Two of three are foreign: notes, pictures, nothing at all, some called as
bundles are; a few are no files, or have names that are hard to say.  One of
three is a copy of a file of POOL, under another name.
"""
import os
import random
import sys

SOME = 1000                         # one of so many is odd


def foreign(n, dice):
    """A name, and what is in it."""
    kind = dice.randrange(6)
    if kind == 0:
        return "note %06d.txt" % n, b"milk, bread\n" * dice.randrange(1, 60)
    if kind == 1:
        return "IMG_%06d.JPG" % n, b"\xff\xd8\xff\xe0" + dice.randbytes(2000)
    if kind == 2:
        return "report (%d).pdf" % n, b"%PDF-1.4\n" + b"0 0 m\n" * 400
    if kind == 3:
        return "a_to_b_%06d.satchel" % n, bytes(dice.randrange(3000))
    if kind == 4:
        return "%06d.tar" % n, b"README.txt".ljust(1024, b"\0")
    return "%06d.lock" % n, b""


def put_odd(folder, n):
    """A link, a pipe, a folder, or a name with control characters."""
    path = os.path.join(folder, "odd %06d" % n)
    kind = n // SOME % 5
    if kind == 0:
        os.symlink("/etc/passwd", path)
    elif kind == 1:
        os.mkfifo(path)
    elif kind == 2:
        os.mkdir(path)
    elif kind == 3:
        put(os.fsencode(path) + b"\xff\xfe", b"no text")
    else:
        put(path + "\n\x1b[2J", b"gone")


def put(path, data):
    with open(path, "xb") as out:
        out.write(data)


def main(folder, count, pool):
    dice = random.Random(count)
    files = []
    for name in sorted(os.listdir(pool)):
        with open(os.path.join(pool, name), "rb") as one:
            files.append(one.read())
    for n in range(count):
        if n % SOME == 0:
            put_odd(folder, n)
        elif n % 3 == 0:
            put(os.path.join(folder, "copy %06d" % n),
                files[dice.randrange(len(files))])
        else:
            name, data = foreign(n, dice)
            put(os.path.join(folder, name), data)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
