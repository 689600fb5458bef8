"""Patterns: labels and groups that stand in the names of files."""

import re
from pathlib import Path

from sigconv.errors import ArgumentError, FormatError, nearest
from sigconv.loaders.collections.collection import Collection, Files
from sigconv.loaders.collections.listing import IN_A_RECIPE, files_below, readable, shown

_FIELD = re.compile(r"\{(\w*)\}")


def pattern(
    folder: str | Path, text: str, label: str = "", group: str = "", part: str = "", mask: str = "", skip: bool = False
) -> Collection:
    """The recordings whose paths below `folder` are written like `text`, with what the names say as fields.

    `{word}` stands for a piece without "/" and without the character that follows it in the pattern, so that a name
    is read in one way only; `{_}` for one that does not matter. All else stands for itself.

        pattern(folder, "{digit}_{speaker}_{index}.wav", label="digit", group="speaker")
        pattern(folder, "image/{section}.png", mask="label/{section}.png")

    Parameters
    ----------
    folder : where the paths begin
    text : the pattern, with "/" between folders; candidates are the files that end like it, as deep, in folders whose
        names stand in it
    label, group, part : the words that are the label, the group and the part of a split
    mask : where the label map of each lies, written with the words of the pattern
    skip : leave out candidates that are written otherwise, and files that cannot be read

    Returns
    -------
    Collection with a field for each word, and label, group, part and mask where they are told

    Raises
    ------
    ArgumentError : a pattern that is not clear (where is told), or a word that it does not have
    FormatError : no file is written so (those found are named), one is written otherwise, or a mask is missing
    FileNotFoundError : no such folder

    >>> import tempfile
    >>> where = tempfile.mkdtemp()
    >>> _ = Path(where, "7_theo_0.wav").write_bytes(b"not empty")
    >>> pattern(where, "{digit}_{speaker}_{_}.wav", label="digit", group="speaker").groups
    ('theo',)
    """
    folder = Path(folder)
    wanted, words, ending = _read(text)
    chosen = {own: word for own, word in (("label", label), ("group", group), ("part", part)) if word}
    for own, word in (*chosen.items(), *(("mask", word) for word in _FIELD.findall(mask))):
        if word not in words:
            raise ArgumentError(
                f"{own} is {word!r}{nearest(word, words)}; the pattern has {', '.join(words) or 'none'} "
                f"(in a recipe: data.{own}=WORD)"
            )
    found, others = _matched(folder, text, wanted, ending)
    if others and not skip:
        raise FormatError(
            f"{folder}: {len(others)} of {len(found) + len(others)} files that end like {text!r} are written "
            f"otherwise: {shown(others)}. Pass skip=True{IN_A_RECIPE} to leave them out"
        )
    names, odd = readable(folder, found, skip)
    fields = {word: tuple(found[name][word] for name in names) for word in words}
    fields |= {own: fields[word] for own, word in chosen.items()}
    if mask:
        fields["mask"] = _masks(folder, mask, fields, len(names))
    return Collection(tuple(names), Files(folder), fields, (*odd, *(f"{name} (written otherwise)" for name in others)))


def _matched(
    folder: Path, text: str, wanted: re.Pattern[str], ending: str
) -> tuple[dict[str, re.Match[str]], list[str]]:
    """The files that are written like the pattern, and the candidates that are not."""
    every, _ = files_below(folder, text.count("/"))
    candidates = [name for name in every if name.endswith(ending) and _in_its_folders(name, text)]
    found = {name: match for name in candidates if (match := wanted.fullmatch(name))}
    others = [name for name in candidates if name not in found]
    if not found:
        raise FormatError(f"{folder}: no file is written like {text!r}; found {shown(others or every)}")
    return found, others


def _in_its_folders(name: str, text: str) -> bool:
    told, wanted = name.split("/")[:-1], text.split("/")[:-1]
    return len(told) == len(wanted) and all(a == b or "{" in b for a, b in zip(told, wanted, strict=True))


def _read(text: str) -> tuple[re.Pattern[str], list[str], str]:
    """The pattern as a regular expression, its words in order, and how it ends.

    >>> _read("{digit}_{_}.wav")[0].pattern
    '(?P<digit>[^/_]+)_[^/\\\\.]+\\\\.wav'
    """
    pieces = _FIELD.split(text)  # literal, word, literal, …
    words, out = [], re.escape(pieces[0])
    for word, behind in zip(pieces[1::2], pieces[2::2], strict=True):
        if word == "" or word[0].isdigit() or word in words:
            raise ArgumentError(
                f"pattern is {text!r}: {{{word}}} is no word, or comes twice; write {{_}} for any piece"
            )
        if not behind:
            raise ArgumentError(f"pattern is {text!r}: nothing stands behind {{{word}}}, so where it ends is not clear")
        inside = f"[^/{re.escape(behind[0])}]+" if behind[0] != "/" else "[^/]+"
        out += (inside if word == "_" else f"(?P<{word}>{inside})") + re.escape(behind)
        words += [word] if word != "_" else []
    if len(pieces) == 1 or re.search(r"[{}]", "".join(pieces[::2])):
        raise ArgumentError(f"pattern is {text!r}; it has one word in braces or more, as in '{{label}}_{{index}}.wav'")
    return re.compile(out), words, pieces[-1]


def _masks(folder: Path, mask: str, fields: dict[str, tuple[str, ...]], count: int) -> tuple[str, ...]:
    pieces = _FIELD.split(mask)
    filled = [(text,) * count if i % 2 == 0 else fields[text] for i, text in enumerate(pieces)]
    masks = tuple("".join(parts) for parts in zip(*filled, strict=True))
    missing = [name for name in masks if not (folder / name).is_file()]
    if missing:
        raise FormatError(f"{folder}: {len(missing)} of {count} masks are not there: {shown(missing)}")
    return masks
