"""What everybody may read without login: the charter as enforced, the notices, the poster.

From sealed documents alone (`charter`, `notice-adults`, `notice-pupils`, `school`, `privacy`); no
release is opened. Every page carries the policy that the releases carry.
"""
