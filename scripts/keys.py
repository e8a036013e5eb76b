"""Make the keys that the platform needs and does not have yet: each in a file of its own, mode 0600.

Called by `make setup` and by the container's first start; a key that is there is never touched.
usage: python scripts/keys.py [FOLDER]      (default: DATA_DIR/keys, DATA_DIR being var/ beside manage.py)
"""

import os
import secrets
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


def make_key(path: Path, text: str) -> bool:
    """Write one key unless there is one; tell whether it was written."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
    return True


def make_keys(folder: Path) -> list[str]:
    """Make what is missing; return the names of the keys that were made.

    secret.key  Django's signing key: sessions and one-time links end when it changes
    seal.key    the sealing key (封存密钥), 32 bytes in hexadecimal: bids sealed under a lost key cannot be opened
    checkpoint.key  the key that signs the journal's checkpoints (存证密钥), 32 bytes in hexadecimal; a lost one is replaced
    """
    # The folder above holds database and files: it is its owner's alone, too.
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    wanted = {
        "secret.key": secrets.token_urlsafe(64),
        "seal.key": secrets.token_hex(32),
        "checkpoint.key": secrets.token_hex(32),
    }
    return [name for name, text in wanted.items() if make_key(folder / name, text)]


if __name__ == "__main__":
    default = Path(os.environ.get("DATA_DIR") or BASE_DIR / "var") / "keys"
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    for made in make_keys(target):
        print(f"已生成密钥 {target / made}（权限 0600，请妥善备份）")
