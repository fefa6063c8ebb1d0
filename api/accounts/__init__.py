"""Accounts, sessions and tokens of the people who read the pages.

One SQLite file of mode 0600 that belongs to the user of the web process, outside `public/`. It
holds names, roles, Argon2id hashes, and SHA-256 digests of whatever opens a door (session ids,
tokens, one-time codes): nobody who reads the file can log in with it. It holds no address, no
user agent, and no event of a person: events are counts by day and role, kept twelve months.
Must not know the web framework, releases or pages.
"""
