# -*- coding: utf-8 -*-
"""Puts the package on the path, so that the tests need no installation."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "src"))
