# -*- coding: utf-8 -*-
"""The companion of Satchel inside a SENAITE; see PROTOCOL.md."""

import logging

PROTOCOL = 1
VERSION = "1.0.0"

logger = logging.getLogger("satchel.companion")
