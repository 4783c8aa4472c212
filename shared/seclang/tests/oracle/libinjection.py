"""@detectSQLi and @detectXSS against libmodsecurity's libinjection: on the strings of CRS's regression cases and on values made of fragments.

Usage: CRS=<directory> SERVE=<program> python libinjection.py [made values] [seed]
"""
import collections
import random
import sys

from crs import strings
from operators_oracle import Operator
from ours import Ours

SQL = ['1', "'", '"', '`', ' ', ' or ', ' and ', '=', '1=1', '--', '-- ', '#', '/*', '*/', '/*!', '(', ')', ',', ';', 'union', ' select ', ' from ', 'all', '@@version',
       '@a', 'sleep(5)', 'benchmark', 'x', 'foo', 'null', '0x41', "x'41'", 'b\'01\'', '||', '&&', '!', '~', '<', '>', '<=>', '!=', '+', '-', '*', '/', '%', '^', '|', '&',
       '\\', '\n', '\t', '\xa0', '\0', 'having', 'group by', 'order by', 'like', 'in', 'between', 'is', 'not', 'case', 'when', 'end', 'exec', 'xp_cmdshell', 'drop',
       'table', 'insert into', 'values', 'waitfor delay', 'char(65)', 'concat', '1.5e3', '1e', '.1', '$1', '$$a$$', "n'a'", "q'[a]'", "u&'a'", '{', '}', '[', ']', ':', '::int', '?',
       'user()', 'database()', 'if(', 'convert', 'cast', 'as', 'current_user', 'a.b', 'information_schema.tables', 'sp_password', 'rlike', 'regexp', 'div', 'mod', '1e0', 'é', '\xff']
HTML = ['<', '>', '/', '<a', '<script', '>alert(1)', '</script>', ' href=', 'javascript:', 'onerror=', ' onload', '=', '"', "'", '`', ' ', '\n', '\t', '\0', '<!--', '-->', '--!>', '<!',
        '<![CDATA[', ']]>', '<?', '?>', '<?xml', '<%', '%>', '<svg', '<img', ' src=', ' style=', 'expression(', '<style', '<iframe', '<object', '<embed', '<meta', '<link', '<base', 'data:',
        'vbscript:', 'view-source:', '&#106;', '&#x6a;', '&#x0;', '&Tab;', 'java\tscript:', 'x', 'foo', '<b', '<p ', '<doctype', '<!ENTITY', '<!doctype html', 'xlink:href=', 'xmlns=', ' by=',
        '<x ', 'onclick', 'formaction=', 'folder=', '<isindex', '<frameset', '\\', '1', 'é', '\xff', '\x0b', '\x0c', 'ON', 'oN', '[if', ']', 'import', 'IMPORT', '<vmltemplate', '<comment', '<noscript',
        '<xss', ';', ':', '#', ' attributename=', 'to=', 'from=', 'values=', 'dataformatas', 'datasrc=', 'dynsrc=', 'filter=', 'lowsrc=', 'action=', '/>', '\x01']


def changed(text, source, pieces):
    at = source.randrange(len(text) + 1)
    piece = source.choice(pieces).encode('latin-1')
    return source.choice([text[:at] + piece + text[at:], text[:at] + text[at + 1:], text[:at], text[at:], text + piece, piece + text, text.upper()])


def main():
    number, seed = (int(argument) for argument in (sys.argv[1:] + ['20000', '1'][len(sys.argv) - 1:]))
    source, ours, corpus = random.Random(seed), Ours(), [text for text in strings() if len(text) < 5000]
    for name, pieces in [('detectSQLi', SQL), ('detectXSS', HTML)]:
        theirs = Operator('@' + name)
        made = [''.join(source.choice(pieces) for _ in range(source.choice([1, 2, 3, 4, 6, 9]))).encode('latin-1') for _ in range(number)]
        mutated = [changed(source.choice(corpus), source, pieces) for _ in range(number)]
        for kind, values in [('of CRS', corpus), ('made', made), ('of CRS, changed', mutated)]:
            count, shown = collections.Counter(), 0
            for text in values:
                expected, found = theirs.test(text), ours.test(name, b'', text)
                count['values'] += 1
                count['matches'] += expected[0]
                if expected != found:
                    what = 'MISSED' if expected[0] and not found[0] else 'found by us only' if found[0] and not expected[0] else 'another fingerprint'
                    count[what] += 1
                    shown += 1
                    if shown <= 400:
                        print(f'{what}\t{name}\t{kind}\t{text!r}\t{expected[1].get(0)}\t{found[1].get(0)}')
            print(name, kind, dict(count))


if __name__ == '__main__':
    main()
