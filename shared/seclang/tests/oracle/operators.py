"""Every operator but @rx against libmodsecurity, on generated arguments and values: verdicts and captures.

Usage: SERVE=<program> python operators.py [values an argument] [seed]
"""
import collections
import random
import subprocess
import sys

from operators_oracle import Operator, Refused
from ours import Ours

KEPT = []  # The reference crashes when a set of rules that it refused is freed.
WORDS = ['a', 'b', 'ab', 'abc', 'Ab', 'aab', 'bab', ' ', '1', '_', 'admin', 'x y', 'é', '.', 'select', '\t']
TEXTS = ['a', 'ab', 'abc', 'A', 'aa', 'aba', 'x y', '.', 'a1', 'é', '-', 'a%b', 'a b c']
NUMBERS = ['0', '1', '-1', '5', '05', '+5', ' 5', '5x', 'x5', '2147483647', '2147483648', '-2147483648', '-2147483649', '4294967296',
           '9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809', '99999999999999999999999', '1e3',
           '0x10', '5 5', '--5', '+-5', '\n5', '5\0', '007', '3.9', '-0']
ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.255.255.255', '11.0.0.0', '192.168.1.1', '192.168.1.129', '127.0.0.1', '::1', '::', 'fe80::1',
             '2001:db8::1', '2001:DB8:0:0::1', '2001:db9::', '::ffff:10.0.0.1', '10.0.0.1 ', ' 10.0.0.1', '10.0.0.1:80', '[::1]', '10.0.0',
             '010.0.0.1', '10.0.0.1/8', '1.2.3.4.5', '256.0.0.1', '', 'x', '0.0.0.0', '255.255.255.255', 'fe80::1%eth0', '1:2:3:4:5:6:7:8',
             '1:2:3:4:5:6:7:8:9', '0xa.0.0.1', '10.1', '167772161']
ARGUMENTS = {
    'beginsWith': TEXTS, 'endsWith': TEXTS, 'streq': TEXTS, 'contains': TEXTS, 'strmatch': TEXTS, 'within': TEXTS + ['aabbabc ab1'],
    'containsWord': TEXTS,
    'eq': NUMBERS[:-6], 'ge': NUMBERS[:-6], 'gt': NUMBERS[:-6], 'le': NUMBERS[:-6], 'lt': NUMBERS[:-6],
    'pm': ['a', 'ab b', 'abc bc c', 'x ABC ab', 'select union', 'é', 'abcx bd cy', '|41 42| c', '|4142| c', 'a\\:b c', 'a\\qb', '|4g|', 'shex he',
           '|61|b', 'a|62|c', '|6', '||', '|00|', 'a\\;b \\\\', '< >', 'aa aab ab', '|C3A9|'],
    'ipMatch': ['10.0.0.0/8', '10.0.0.1', '10.0.0.1,10.0.0.2', '192.168.1.0/25,::1', '2001:db8::/32', '::/1', '10.0.0.1/8', '0.0.0.0/1',
                'fe80::/10,127.0.0.0/8', '::ffff:10.0.0.0/104', '10.0.0.0/8,10.0.0.0/24', '10.0.0.0/31', '1.2.3.4/33', 'x', '10.0.0.0/8/8', '1.2.3.4,'],
    'validateByteRange': ['1-255', '0', '9,10,13,32-126,128-255', '32, 34', '65-90', '0-255', '256', '5-2', 'x', '1-', '-1', '65x', ''],
    'validateUtf8Encoding': [''], 'validateUrlEncoding': [''], 'unconditionalMatch': [''], 'noMatch': [''],
}


def value(source, name, argument):
    if name in ('eq', 'ge', 'gt', 'le', 'lt'):
        return source.choice(NUMBERS + [argument]).encode()
    if name == 'ipMatch':
        return source.choice(ADDRESSES).encode()
    if name == 'validateUrlEncoding':
        return b''.join(source.choice([b'%', b'%2', b'%41', b'%zz', b'a', b'1', b'%%', b'\xff', b'%aF']) for _ in range(source.randrange(5)))
    if name == 'validateUtf8Encoding':
        pick = [b'a', b'\xc3\xa9', b'\xe2\x82\xac', b'\xf0\x9f\x98\x80', b'\xf4\x8f\xbf\xbf', b'\xf4\x90\x80\x80', b'\xf4\xbf\xbf\xbf', b'\xed\x9f\xbf',
                b'\xed\xa0\x80', b'\xee\x80\x80', b'\xe0\x9f\xbf', b'\xe0\xa0\x80', b'\xf0\x8f\xbf\xbf', b'\xc1\xbf', b'\xc2\x80', b'\x80', b'\xf5\x80\x80\x80',
                b'\xff', b'\0', bytes([source.randrange(256)]), b'\xc2', b'\xe2\x82', b'\xf0\x9f\x98']
        return b''.join(source.choice(pick) for _ in range(source.randrange(4)))
    if name == 'validateByteRange':
        return bytes(source.choice([0, 1, 9, 31, 32, 34, 65, 90, 91, 127, 128, 255, source.randrange(256)]) for _ in range(source.randrange(4)))
    parts = [source.choice(WORDS + [argument] * 4 + argument.split() * 2 + ['AB', 'b:c', 'a:b', '\0', '\\']) for _ in range(source.randrange(5))]
    text = ''.join(parts)
    return (text.swapcase() if source.random() < 0.2 else text).encode()


def loads(name, argument):
    """In a process of its own, as a refusal may crash it."""
    code = f"""import os
from operators_oracle import Operator, Refused
try:
    Operator({f"@{name} {argument}"!r})
except Refused:
    os._exit(1)
os._exit(0)"""
    return subprocess.run([sys.executable, '-c', code], capture_output=True).returncode == 0


def main():
    number, seed = (int(argument) for argument in (sys.argv[1:] + ['150', '1'][len(sys.argv) - 1:]))
    source, ours = random.Random(seed), Ours()
    count, seen = collections.Counter(), collections.Counter()
    for name, arguments in ARGUMENTS.items():
        for argument in arguments:
            mine = ours.test(name, argument.encode(), b'')
            if not loads(name, argument):
                count['refused by both' if isinstance(mine, str) else 'READ BY US ONLY'] += 1
                if not isinstance(mine, str):
                    print('READ BY US ONLY', name, repr(argument))
                continue
            if isinstance(mine, str):
                print('REFUSED BY US ONLY', name, repr(argument), mine)
                continue
            theirs = Operator(f'@{name} {argument}'.rstrip(' ') if not argument else f'@{name} {argument}')
            KEPT.append(theirs)
            for _ in range(number):
                text = value(source, name, argument)
                expected, found = theirs.test(text), ours.test(name, argument.encode(), text)
                count['values'] += 1
                count['matches'] += expected[0]
                if expected != found:
                    count['different'] += 1
                    seen[name, argument] += 1
                    if seen[name, argument] <= 2:
                        print('DIFFERENT', name, repr(argument), text, 'reference', expected, 'ours', found)
    print(dict(count))


if __name__ == '__main__':
    main()
