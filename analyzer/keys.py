"""The seal's key pair: the private half in `private/keys` (0600), the public half published. I/O."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from analyzer.store import PRIVATE_FILE, PUBLIC_FILE, Store, StoreDamaged, write_whole

SEED_BYTES = 32


def seal_key(store: Store) -> Ed25519PrivateKey:
    """Return the store's signing key, made on first use; its public half is published.

    The store must be held (`Store.locked`), so that two processes never make two keys.

    Raises:
        StoreDamaged: the key file is damaged, or readable by others, or another public key is
            published: a new key would make every stored release unreadable.
    """
    path = store.private / "keys" / "seal.key"
    published = store.public / "seal.pub"
    if not path.exists():
        if published.exists():
            raise StoreDamaged(f"{path.name} is missing though releases are sealed: restore it")
        seed = Ed25519PrivateKey.generate().private_bytes_raw()
        write_whole(path, base64.b64encode(seed), PRIVATE_FILE)
    if path.stat().st_mode & 0o077:
        raise StoreDamaged(f"private/keys/{path.name} is open to other users: chmod 600 it")
    try:
        seed = base64.b64decode(path.read_bytes(), validate=True)
        key = Ed25519PrivateKey.from_private_bytes(seed)
    except ValueError as error:
        raise StoreDamaged(f"private/keys/{path.name} is damaged: restore it") from error
    public = base64.b64encode(key.public_key().public_bytes_raw())
    if not published.exists():
        write_whole(published, public, PUBLIC_FILE)
    elif published.read_bytes().strip() != public:
        raise StoreDamaged("public/seal.pub is not of private/keys/seal.key: restore either")
    return key
