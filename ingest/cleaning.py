"""Text as people wrote it, out of what scrapers and exports made of it.

Knows characters and HTML; knows nothing of columns. What it takes away carries no meaning for a reader or
a model: mark-up, entities, control and invisible characters, text decoded wrongly and encoded again.
"""

import re

import ftfy

LONGEST_TEXT = 50_000  # characters: some 8,000 words; no review is so long
LONGEST_LINE = 1_000  # characters of a title, a name or a list of categories

# Only tags that exist: "<3", "a < b" and "<grin>" are what people write.
_TAGS = (
    "a|abbr|article|b|big|blockquote|body|center|cite|code|dd|del|div|dl|dt|em|font|footer|h[1-6]|head|header|"
    "html|i|iframe|img|input|ins|label|li|link|mark|meta|nav|ol|pre|q|s|section|small|source|span|strike|strong|"
    "sub|sup|table|tbody|td|tfoot|th|thead|title|tr|tt|u|ul|video"
)
BREAKS = re.compile(r"<(?:br|hr|/?p|/div|/li|/tr|/h[1-6])(?:[\s/][^<>]*)?>", re.IGNORECASE)
# What browsers do not show: how it begins, and by what word how it ends.
UNSEEN = re.compile(r"<(?:!--|(script|style)\b)", re.IGNORECASE)
UNSEEN_ENDS = {
    "": re.compile("-->"),
    "script": re.compile(r"</script\s*>", re.IGNORECASE),
    "style": re.compile(r"</style\s*>", re.IGNORECASE),
}
TAGS = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
SPACES = re.compile(r"[ \t]+")

# Zero-width joiners stay: emoji and several scripts are spelled with them.
_INVISIBLE = (
    0xAD,
    0x34F,
    0x61C,
    0x180E,
    0x200B,
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
)
_WIDE_SPACES = (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_CONTROLS = (code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r\x85")
CHARACTERS = {
    **dict.fromkeys((*_CONTROLS, *_INVISIBLE, 0xFEFF, 0xFFFE, 0xFFFF, *range(0xFFF9, 0xFFFC))),
    **dict.fromkeys(_WIDE_SPACES, " "),
    **dict.fromkeys((0x85, 0x2028, 0x2029), "\n"),
}
# Quotes, ligatures and wide letters stay as they were written.
MENDING = ftfy.TextFixerConfig(
    unescape_html=True, uncurl_quotes=False, fix_latin_ligatures=False, fix_character_width=False,
    max_decode_length=LONGEST_TEXT + 1, explain=False,
)  # fmt: skip


def clean(raw: str, longest: int = LONGEST_TEXT) -> tuple[str | None, bool]:
    """The text without what is not its own, at most `longest` characters; and whether it was longer.

    None if nothing is left.
    """
    cut = len(raw) > longest
    text = raw[:longest]
    if "<" in text or "&" in text or not (text.isascii() and text.isprintable()):
        text = _mended(text)
    return text.strip() or None, cut


def _mended(text: str) -> str:
    # A NUL is what exports make of a break; other controls hold nothing apart.
    text = text.translate({0: None}) if "\0" in text else text
    if "&" in text or "\x1b" in text or not text.isascii():
        text = ftfy.fix_text(text, MENDING)
    if "<" in text:
        text = _without_unseen(text)
        text = TAGS.sub("", BREAKS.sub("\n", text))
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(CHARACTERS)
    return SPACES.sub(" ", text)


def _without_unseen(text: str) -> str:
    """The text without comments, scripts and styles that end; in linear time, however many do not."""
    kept, place = [], 0
    endless = set()
    for start in UNSEEN.finditer(text):
        kind = (start[1] or "").lower()
        if start.start() < place or kind in endless:
            continue
        end = UNSEEN_ENDS[kind].search(text, start.end())
        if end:
            kept.append(text[place : start.start()])
            place = end.end()
        else:
            endless.add(kind)
    return "".join((*kept, text[place:]))
