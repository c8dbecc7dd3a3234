"""Addresses as a mail server takes them."""

LONGEST = 254
LONGEST_LOCAL = 64
# Letters that end an address, begin a second one or need quotes; nobody's address at work has them.
_SPECIAL = set('<>()[]{},;:\\"')


def for_server(address: str) -> str:
    """Give an address with its domain in ASCII; ValueError with a sentence when it can't be one."""
    wrong = ValueError("This is not an e-mail address.")
    local, _, domain = address.rpartition("@")
    if not local or not domain or not address.isprintable() or _SPECIAL & set(address):
        raise wrong
    if any(c.isspace() for c in address) or "@" in local or len(local.encode()) > LONGEST_LOCAL:
        raise wrong
    if local.startswith(".") or local.endswith(".") or ".." in address:
        raise wrong
    try:
        found = f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise wrong from None
    if len(found) > LONGEST:
        raise wrong
    return found
