# -*- coding: utf-8 -*-
"""Paths relative to the portal, with a slash before.  Pure."""

# Folders of settings: their children exist in every SENAITE from the start.
SETUPS = ("setup", "bika_setup")

USERS = "/users/"
REGISTRY = "/registry"


def relative(path, site):
    """Path of a catalog or an object, relative to the portal `site`.

    The uid catalog holds both forms: Archetypes objects without the site
    (`clients/client-1`), Dexterity objects with it (`/senaite/setup`).
    """
    if not path.startswith("/"):
        return "/" + path
    site = "/" + site
    if path == site:
        return "/"
    if path.startswith(site + "/"):
        return path[len(site):]
    return path


def segments(path):
    """The ids of a path, or None where it is not one of ours."""
    if not path.startswith("/") or path == "/":
        return None
    parts = path[1:].split("/")
    for part in parts:
        if not part or part in (".", "..") or part.startswith("@@"):
            return None
    return parts


def is_site(path):
    """True for a path of a site object: it is in every SENAITE."""
    parts = segments(path)
    if not parts:
        return False
    if len(parts) == 1:
        return True
    return len(parts) == 2 and parts[0] in SETUPS


def user_name(uid):
    """NAME of `/users/NAME`, else None."""
    if not uid.startswith(USERS):
        return None
    name = uid[len(USERS):]
    if not name or "/" in name:
        return None
    return name


def is_relation(path):
    """True for what the old reference engine keeps beside the objects."""
    return "at_references" in path.split("/")
