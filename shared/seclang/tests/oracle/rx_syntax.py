"""Random expressions against PCRE2: what both read must match alike, with the same groups.

Usage: SERVE=<program> python rx_syntax.py [seconds] [seed]
"""
import collections
import random
import sys
import time

from ours import Ours
from pcre2 import Pattern

ATOMS = ['a', 'b', 'c', 'A', '\\n', '.', '^', '$', '\\A', '\\z', '\\Z', '\\b', '\\B', '\\d', '\\w', '\\s', '\\S', '\\W', '\\h', '\\v',
         '\\H', '\\V', '\\N', '\\x61', '\\x{62}', '\\x', '\\x6', '\\141', '\\0', '\\012', '\\cA', '\\e', '\\t', '\\/', '\\-', '\\Qa.b\\E',
         '\\Q^', '\\E', '{', '}', '{,2}', '{a}', '{1', ']', '-', ':', ',', '1', '2', '[ab]', '[^a]', '[a-c]', '[]a]', '[^]a]', '[a-]',
         '[-a]', '[a&&b]', '[a--b]', '[a~~b]', '[[ab]', '[[:alpha:]]', '[[:^digit:]b]', '[[:upper:]]', '[[:^lower:]]', '[\\w-]',
         '[\\d\\n]', '[^\\s]', '[\\x00-\\x7f]', '[\\b]', '[a\\]b]', '[\\Qa]b\\E]', '[a-\\x63]', '[:alpha:]', '[a[:b]', '[\\-a]', '[\\101-C]',
         '(?i)', '(?-i)', '(?s)', '(?-s)', '(?m)', '(?-m)', '(?x)', '(?-x)', '(?#a)', ' ', '#b\n', '\u00e9', '[\u00e9a]', '\\.', '"',
         '(?i-s)', '[\\V]', '[^\\H]', '[[:punct:]]', '[[:space:]]', '[[:word:]]', '[[:cntrl:]]', '[[:xdigit:]]', '[.-/]', '[a-b-c]',
         '\\o{141}', '\\C', '[\\h\\e]', '[\\012a]', '\\\\', '[\\\\a]', '[+--]', '[[.a.]]', '[\\w-.]', '\\g', '\\R', '\\K']
QUANTIFIERS = ['*', '+', '?', '{2}', '{1,2}', '{0,1}', '{1,}', '{2,3}']  # `{0}` of a `^` is a fault of PCRE2 10.32: it takes the whole for anchored.
MODES = ['', '', '', '?', '+']
OPENINGS = ['(', '(?:', '(?i:', '(?>', '(?-s:', '(?m-i:', '(?<n>', '(?P<m>', "(?'o'", '(?x:']
VALUE = ['a', 'b', 'c', 'A', 'B', '\n', ' ', '1', '2', '_', '-', '.', '{', '}', ',', ']', '[', '^', '\\', '"', '\t', '\r', '\0', '\x0b', '\u00e9', ':', '/']


def expression(random, depth=0):
    text = ''
    for _ in range(random.choice([1, 1, 2, 2, 3, 4])):
        if depth < 3 and random.random() < 0.3:
            text += random.choice(OPENINGS) + expression(random, depth + 1) + ')'
        else:
            text += random.choice(ATOMS if random.random() < 0.6 else ['a', 'b', 'c', '[ab]', '.', '^', '$', '\\w', '\\n', '\\s'])
        if random.random() < 0.4:
            text += random.choice(QUANTIFIERS) + random.choice(MODES)
        if random.random() < 0.15:
            text += '|'
    return text


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    source = random.Random(seed)
    ours = Ours()
    count, refusals, faults = collections.Counter(), collections.Counter(), 0
    end = time.time() + seconds
    while time.time() < end and faults < 20:
        text = expression(source).encode()
        if b'%{' in text:
            continue
        try:
            theirs = Pattern(text)
        except ValueError:
            theirs = None
        count['expressions'] += 1
        if isinstance(answer := ours.test('rx', text, b''), str):
            count['refused by us' if theirs else 'refused by both'] += 1
            if theirs:
                refusals[answer.partition(' (byte')[0]] += 1
            continue
        if not theirs:
            count['read by us only'] += 1
            refusals['READ BY US ONLY: ' + text.decode()] += 1
            continue
        count['read by both'] += 1
        for _ in range(12):
            value = ''.join(source.choice(VALUE[:source.choice([4, 7, len(VALUE)])]) for _ in range(source.choice([0, 1, 2, 3, 5, 8])))
            if source.random() < 0.25:
                value += '\n'
            value = value.encode()
            expected, found = theirs.test(value), ours.test('rx', text, value)
            count['values'] += 1
            if expected is None:
                count['PCRE gave up'] += 1
            elif expected[0]:
                count['matches'] += 1
            if expected is not None and expected != found:
                if expected[0] == found[0]:
                    count['groups differ'] += 1
                faults += 1
                print('DIFFERENT', text, value, 'PCRE', expected, 'ours', found)
    print(dict(count))
    for refusal, number in sorted(refusals.items(), key=lambda item: -item[1])[:40]:
        print(f'{number:6} {refusal}')
    sys.exit(1 if faults else 0)


if __name__ == '__main__':
    main()
