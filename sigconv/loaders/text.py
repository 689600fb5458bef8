"""Text in files that do not say how it is encoded."""


def decoded(raw: bytes) -> str:
    """UTF-8, or Latin-1 where it is none, which can be read whatever it holds.

    >>> decoded("µV".encode()), decoded("µV".encode("latin-1"))
    ('µV', 'µV')
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def text_of(raw: bytes) -> str:
    r"""The text of a field: up to its first zero, without blanks at its ends.

    >>> text_of(b" LASI \0rest")
    'LASI'
    """
    return decoded(raw.split(b"\0")[0]).strip()
