# -*- coding: utf-8 -*-

from zope.interface import Interface


class IReadOnly(Interface):
    """An object that another lab owns: nobody edits or moves it here."""
