"""Writes what the fuzz targets begin with: the tokens and keys of the tests."""

import hashlib
import json
from pathlib import Path

here = Path(__file__).parent
made = json.loads((here.parent / "tokens/tokens.json").read_text())
seeds = {
    "token": [b"\0" + token.encode() for token in made["tokens"].values() if len(token) < 4096],
    "keys": [keys.encode() for keys in made["keys"].values()],
}
for target, texts in seeds.items():
    folder = here / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    for text in texts:
        (folder / hashlib.sha256(text).hexdigest()[:16]).write_bytes(text)
