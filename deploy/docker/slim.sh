#!/bin/sh
# slim.sh FOLDER: takes what no running service needs out of installed packages. What is left is imported afterwards,
# by the same build step: a package that does not survive it fails the build.
set -eu
cd "$1"

# Tests, what compilers and type checkers read, and the sources of extensions.
find . -type d \( -name tests -o -name test -o -name include -o -name __pycache__ \) -prune -exec rm -rf {} +
find . -type f \( -name '*.pyi' -o -name '*.a' -o -name '*.cpp' -o -name '*.c' -o -name '*.pyx.in' -o -name '*.lib' \) -delete

# Arrow: Flight is a network service that nothing here opens. Libraries are copies under three
# names, of which the loader asks for the middle one (libarrow_python.so.2500).
rm -f pyarrow/*flight*
find . -path './pyarrow/libarrow*.so' -delete
find . -path './pyarrow/libarrow*.so.*.*' -delete

# Symbols for debuggers. Libraries in *.libs were moved about in their files by the wheel's maker and stay as they are.
find . -type f -name '*.so' ! -path '*.libs/*' ! -path './pyarrow/*' -exec strip --strip-unneeded {} +
