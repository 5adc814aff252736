"""Unpack every wheel of ./wheels into an egg folder of its own in ./eggs."""
import glob
import os
import shutil

from setuptools.wheel import Wheel

shutil.rmtree('unpacking', ignore_errors=True)
os.mkdir('unpacking')
if not os.path.isdir('eggs'):
    os.mkdir('eggs')
for name in sorted(glob.glob('wheels/*.whl')):
    wheel = Wheel(name)
    egg = wheel.egg_name()
    if not os.path.isdir(os.path.join('eggs', egg)):
        wheel.install_as_egg(os.path.join('unpacking', egg))
        os.rename(os.path.join('unpacking', egg), os.path.join('eggs', egg))
