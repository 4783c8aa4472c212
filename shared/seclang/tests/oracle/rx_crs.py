"""Every expression of the Core Rule Set against PCRE2, on values made from the expression and on the strings of the regression cases.

Usage: CRS=<directory> SERVE=<program> python rx_crs.py [values an expression] [strings an expression] [seed]

The values come from Python's own reader of expressions, so that a fault of ours in reading does not hide itself.
"""
import collections
import random
import re
import string
import sys
import warnings

from crs import expressions, strings
from ours import Ours
from pcre2 import Pattern

warnings.simplefilter('ignore')
NOISE = [b'\n', b'\r', b' ', b'\0', b'\xff', b'\xc3', b'"', b"'", b'`', b'(', b')', b'{', b'}', b'[', b']', b'<', b'>', b'/', b'\\', b'=',
         b';', b'|', b'&', b'$', b'.', b'-', b'_', b'a', b'Z', b'0', b'9', b'%', b'#', b'@', b'\x0b', b',', b':', b'*', b'+', b'?', b'^', b'!']
WORD = (string.ascii_letters + string.digits + '_').encode()
CATEGORIES = {'CATEGORY_DIGIT': b'0123456789', 'CATEGORY_SPACE': b' \t\n\r\f\v', 'CATEGORY_WORD': WORD}


class Maker:
    def __init__(self, text, source):
        text = re.sub(rb'\\x\{(..)\}', rb'\\x\1', text).replace(b'\\z', b'\\Z')
        # Python allows it at the very beginning only.
        self.any_case = b'(?i)' in text
        self.tree = re._parser.parse(text.replace(b'(?i)', b''), re.DOTALL | re.MULTILINE)
        self.source = source

    def make(self):
        self.left = 400
        return self.sequence(self.tree)

    def sequence(self, tree):
        return b''.join(self.item(str(kind), value) for kind, value in tree)

    def byte(self, byte):
        one = bytes([byte])
        return one.swapcase() if self.any_case and one.isalpha() and self.source.random() < 0.3 else one

    def item(self, kind, value):
        source = self.source
        self.left -= 1
        if kind == 'LITERAL':
            return self.byte(value)
        if kind == 'NOT_LITERAL':
            return bytes([source.choice([byte for byte in range(256) if byte != value])])
        if kind == 'ANY':
            return source.choice(NOISE)
        if kind == 'IN':
            allowed = self.members(value)
            plain = [byte for byte in allowed if 32 < byte < 127]
            return self.byte(source.choice(plain if plain and source.random() < 0.8 else allowed)) if allowed else b''
        if kind == 'BRANCH':
            return self.sequence(source.choice(value[1]))
        if kind == 'SUBPATTERN':
            return self.sequence(value[3])
        if kind in ('MAX_REPEAT', 'MIN_REPEAT'):
            low, high, tree = value
            count = low if self.left < 0 else min(int(high), low + source.choice([0, 0, 1, 1, 2, 5]))
            return b''.join(self.sequence(tree) for _ in range(count))
        return b''

    def members(self, items):
        found, negated = set(), False
        for kind, value in items:
            kind = str(kind)
            if kind == 'NEGATE':
                negated = True
            elif kind == 'LITERAL':
                found.add(value)
            elif kind == 'RANGE':
                found.update(range(value[0], value[1] + 1))
            else:
                name = str(value)
                positive = set(CATEGORIES[name.replace('_NOT', '')])
                found |= set(range(256)) - positive if '_NOT' in name else positive
        return sorted(set(range(256)) - found if negated else found)


def changed(value, source):
    kind, at = source.randrange(8), source.randrange(len(value) + 1)
    if kind == 0:
        return value[:at] + value[at + 1:]
    if kind == 1:
        return value[:at] + source.choice(NOISE) + value[at:]
    if kind == 2:
        return value[:at]
    if kind == 3:
        return value[at:]
    if kind == 4:
        return source.choice(NOISE) * source.randrange(1, 4) + value + source.choice(NOISE)
    if kind == 5:
        return value + b'\n'
    if kind == 6:
        return value.swapcase()
    return value + value[at:]


def main():
    number, extra, seed = (int(argument) for argument in (sys.argv[1:] + ['60', '60', '1'][len(sys.argv) - 1:]))
    source, ours = random.Random(seed), Ours()
    count, faults, never = collections.Counter(), 0, []
    corpus = strings()
    for text in expressions():
        theirs, maker = Pattern(text), Maker(text, source)
        matches = 0
        values = [b'']
        for _ in range(number):
            value = maker.make()
            values += [value, changed(value, source), changed(changed(value, source), source)]
        values += source.sample(corpus, extra)
        for value in values:
            expected, found = theirs.test(value), ours.test('rx', text, value)
            count['values'] += 1
            if expected is None:
                count['PCRE gave up'] += 1
                continue
            matches += expected[0]
            if expected != found:
                faults += 1
                print('DIFFERENT', text, value, 'PCRE', expected, 'ours', found)
        count['matches'] += matches
        if not matches:
            never.append(text)
        count['expressions'] += 1
    print(dict(count), 'different:', faults, 'never matched:', len(never), never)
    sys.exit(1 if faults or not count['matches'] else 0)


if __name__ == '__main__':
    main()
