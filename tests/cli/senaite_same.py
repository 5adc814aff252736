"""Two servers of tests/senaite hold the same objects: says what differs.

    senaite_same.py ADDRESS ADDRESS [all | within]

Everything of every object is compared, but for the UIDs of what each SENAITE
has from the beginning: there the path stands for it.

    all         the settings in those, the registry and the users, too
    within      the second may have more, and other ids by its prefixes
"""

import json
import sys
import urllib.request


def named(value, names):
    """The value with paths for the UIDs of site objects."""
    if isinstance(value, dict):
        return {k: named(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [named(v, names) for v in value]
    return names.get(value, value) if isinstance(value, str) else value


def without_id(obj):
    """Nor a path, nor a title that is the id."""
    dropped = {"id", "path"} | (
        {"title"} if obj["title"] == obj["id"] else set())
    return {k: v for k, v in obj.items() if k not in dropped}


def read(address, how):
    with urllib.request.urlopen(address) as answer:
        lab = json.load(answer)
    names = {o["uid"]: o["path"] for o in lab["objects"] if o.get("site")}
    found = {}
    for obj in lab["objects"]:
        if not obj.get("site"):
            obj = named(obj, names)
            found[obj["uid"]] = without_id(obj) if how == "within" else obj
        elif how == "all":
            found[obj["path"]] = {"fields": named(obj["fields"], names),
                                  "title": obj["title"]}
    if how == "all":
        found["registry"] = lab["registry"]
        found["users"] = lab["users"]
    return found


def main():
    how = sys.argv[3] if len(sys.argv) > 3 else ""
    here, there = (read(address, how) for address in sys.argv[1:3])
    wrong = 0
    for key in sorted(set(here) | (set() if how == "within" else set(there))):
        a, b = here.get(key) or {}, there.get(key) or {}
        wrong += a != b
        for name in sorted(set(a) | set(b)):
            if a.get(name) != b.get(name):
                print(key, name, json.dumps(a.get(name)), "/",
                      json.dumps(b.get(name)))
    if wrong or not here:
        sys.exit("%d of %d differ" % (wrong, len(here)))


if __name__ == "__main__":
    main()
