"""Programs come in on standard input, one a line, and traces go out on standard output, one a line."""

import sys

from interpreter import each_line


def write(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


each_line(sys.stdin, write)
