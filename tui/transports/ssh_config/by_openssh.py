"""What is proposed where this program's own SSH cannot go, and the operator's `ssh` can."""

BY_OPENSSH = 'let ssh itself connect: connect_with = "openssh" for this host'
"""The words for it, as the end of a hint."""

ONLY_THERE = frozenset(
    {
        "chacha20-poly1305@openssh.com",
        "sntrup761x25519-sha512",
        "sntrup761x25519-sha512@openssh.com",
        "umac-64-etm@openssh.com",
        "umac-64@openssh.com",
        "umac-128-etm@openssh.com",
        "umac-128@openssh.com",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    }
)
"""Algorithms that ssh takes where nothing is said, and this program does not have."""

LOGINS = {"gssapi-with-mic": "Kerberos", "gssapi-keyex": "Kerberos", "hostbased": "this machine's own key"}
"""Ways to log in that ssh has and this program does not, and what people call them."""
