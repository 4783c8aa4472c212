"""The expressions of the Core Rule Set in the directory that CRS names, and strings of its regression cases."""
import glob
import os
import re

CRS = os.environ['CRS']


def expressions():
    """Each once, in order, as bytes."""
    found = {}
    for name in sorted(glob.glob(CRS + '/rules/*.conf')):
        for line in open(name, 'rb'):
            if match := re.search(rb'"!?@rx (.*)" *\\?$', line.rstrip(b'\n')):
                # As the rule language reads it: `\"` is `"`.
                found.setdefault(match[1].replace(b'\\"', b'"'))
    return list(found)


def strings():
    """Payloads: whatever stands behind a `uri`, a `data` or a header in the regression cases, also decoded."""
    from urllib.parse import unquote_to_bytes
    found = set()
    for name in glob.glob(CRS + '/tests/**/*.yaml', recursive=True):
        for line in open(name, 'rb'):
            if match := re.match(rb'\s+[\w-]+: *["\']?(.*?)["\']?$', line.rstrip(b'\n')):
                text = match[1]
                for part in [text, unquote_to_bytes(text.replace(b'+', b' ')), *re.split(rb'[?&=]', text)]:
                    found.add(part)
                    found.add(unquote_to_bytes(part))
    return sorted(found)
