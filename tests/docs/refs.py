#!/usr/bin/env python3
"""refs.py: what the documents refer to is there.

Each relative link of each .md file leads to a file of this repository, and to
a heading of it where it names one; each picture is well-formed, has a title, a
description and a background of its own, and is shown somewhere; and each error
name of base/err.h has its line in docs/operations.md and in docs/satchel.1.

The last line is "N passed, N failed".
"""
import os
import re
import sys
import xml.etree.ElementTree as tree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SVG = "{http://www.w3.org/2000/svg}"
passed = failed = 0


def check(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAIL " + what)


def text_of(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def documents():
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in (".git", "build")]
        for name in files:
            if name.endswith(".md"):
                yield os.path.relpath(os.path.join(folder, name), ROOT)


def prose(text):
    """Without what stands in fences and between back quotes."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    return re.sub(r"`[^`\n]*`", "", text)


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def slugs(path):
    fences = re.sub(r"^```.*?^```", "", text_of(path), flags=re.S | re.M)
    return {slug(h) for h in re.findall(r"^#+ (.*)", fences, flags=re.M)}


def links(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(text_of(path))):
        if not re.match(r"[a-z]+:", target):
            yield target.partition("#")[::2]


def check_links(path, shown):
    for file, heading in links(path):
        to = os.path.normpath(os.path.join(os.path.dirname(path), file)) \
            if file else path
        shown.add(to)
        there = os.path.exists(os.path.join(ROOT, to))
        check(there, f"{path}: there is no {to}")
        if there and heading:
            check(heading in slugs(to), f"{path}: {to} has no #{heading}")


def check_picture(path, shown):
    root = tree.fromstring(text_of(path))
    check(path in shown, f"{path}: nothing shows it")
    check(root.find(SVG + "title") is not None, f"{path}: no title")
    rect = root.find(SVG + "rect")
    check(rect is not None and rect.get("fill") in ("white", "#fff"),
          f"{path}: no background, so not readable on a dark page")


def check_names():
    header = text_of("base/err.h")
    names = re.findall(r"\b([EI]_[A-Z_]+)\b", header[
        header.index("enum err_code"):header.index("ERR_CODES")])
    for path in ("docs/operations.md", "docs/satchel.1"):
        text = text_of(path)
        for name in names:
            check(name == "E_OK" or re.search(r"\b%s\b" % name, text),
                  f"{path}: {name} is not explained")


def main():
    shown = set()
    for path in sorted(documents()):
        check_links(path, shown)
    pictures = os.path.join("docs", "pictures")
    for name in sorted(os.listdir(os.path.join(ROOT, pictures))):
        check_picture(os.path.join(pictures, name), shown)
    check_names()
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
