#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Refuses an #include that breaks cmake/layers.txt: check_layers.py [--quiet] TREE"""

import argparse
import fnmatch
import re
import sys
from pathlib import Path

ROOMS = ("core", "po", "analyzer", "plugin", "bench", "fuzz")
SOURCES = (".c", ".h", ".def")
INCLUDE = re.compile(r"^\s*#\s*include(?:_next)?\b\s*(.*)$")
NAMED = re.compile(r'^(?:<([^>]+)>|"([^"]+)")')


class TableError(Exception):
    """layers.txt itself cannot be understood."""


def read_table(path):
    """Returns the rows of layers.txt: (patterns, allowed) in order, lists expanded."""
    lists, rows = {}, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.split("#", 1)[0].strip()
        if not line:
            continue

        def expand(words):
            out = []
            for word in words.split():
                if word.startswith("@") and word not in lists:
                    raise TableError(f"{path}:{number}: no list {word} above this line")
                out += lists[word] if word.startswith("@") else [word]
            return out

        if line.startswith("@") and "=" in line:
            name, words = line.split("=", 1)
            lists[name.strip()] = expand(words)
        elif ":" in line:
            # The separator is the first colon that stands alone; "generated:" has none.
            patterns, words = re.split(r"\s:(?:\s|$)", line, maxsplit=1)
            rows.append((patterns.split(), expand(words)))
        else:
            raise TableError(f"{path}:{number}: neither '@list = ...' nor 'files : includes'")
    return rows


def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def resolve(tree, source, angle, quoted):
    """What layers.txt calls the included file: its path in the tree, <name>, or generated:name."""
    name = angle or quoted
    places = [tree / "core" / "include"]
    if quoted:
        # Its own directory and room, then wherever else a -I may lead.
        own = source.relative_to(tree).parts[0]
        places = [source.parent, tree / own, *places, *(tree / room for room in ROOMS)]
    for place in places:
        target = (place / name).resolve()
        if target.is_file() and target.is_relative_to(tree):
            return target.relative_to(tree).as_posix()
    return f"<{angle}>" if angle else f"generated:{quoted}"


def without_comments(text):
    """Block comments blanked, lines kept, so that an #include in a comment is none."""
    return re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)


def check_file(tree, source, rows):
    """Yields (line, sentence) for each include of one file that its row does not allow."""
    name = source.relative_to(tree).as_posix()
    allowed = next((words for patterns, words in rows if matches(name, patterns)), None)
    if allowed is None:
        yield 1, "no row of cmake/layers.txt says what this file may include"
        return
    text = without_comments(source.read_text(encoding="utf-8", errors="replace"))
    for number, line in enumerate(text.splitlines(), 1):
        include = INCLUDE.match(line)
        if not include:
            continue
        named = NAMED.match(include.group(1))
        if not named:
            yield number, f"an #include must name its file, not {include.group(1)!r}"
            continue
        target = resolve(tree, source, named.group(1), named.group(2))
        if not matches(target, allowed):
            yield number, f"may not include {target} (cmake/layers.txt)"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing where all is well")
    arguments = parser.parse_args()
    tree = arguments.tree.resolve()
    try:
        rows = read_table(tree / "cmake" / "layers.txt")
    except (TableError, OSError) as error:
        sys.exit(f"check_layers: {error}")

    files = sorted(path for room in ROOMS for path in (tree / room).rglob("*")
                   if path.suffix in SOURCES and path.is_file())
    if not files:
        sys.exit(f"check_layers: no source file under {tree}")
    problems = 0
    for source in files:
        for number, sentence in check_file(tree, source, rows):
            print(f"{source.relative_to(tree)}:{number}: {sentence}", file=sys.stderr)
            problems += 1
    if problems:
        sys.exit(1)
    if not arguments.quiet:
        print(f"{len(files)} files keep to cmake/layers.txt")


if __name__ == "__main__":
    main()
