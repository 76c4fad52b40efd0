"""Which characters bytes stand for: UTF-8, UTF-16, and a guess for what is neither.

Knows encodings, and words that stand in headers. A file is decoded in such a way that bytes which are not in
the encoding can be had back (`surrogateescape`): so one stray line costs nothing but its own second look.
"""

import codecs
import re

UNDECODABLE = re.compile("[\udc80-\udcff]")
HALVES = re.compile("[\ud800-\udfff]")  # of characters that UTF-16 spells with two
HALVES_OF_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
WESTERN = "cp1252"  # what text that is not UTF-8 mostly is
# What stands for a byte that could not be decoded. Five have no character there, and are controls.
WESTERN_CHARACTERS = {
    0xDC00 + byte: bytes([byte]).decode(WESTERN, "ignore") or chr(byte) for byte in range(0x80, 0x100)
}
DENSE = 0.3  # share of the letters that are not UTF-8: Latin scripts have fewer, all others more
GUESSED_BY = 1 << 16  # bytes
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings whose names are told or guessed where a superset is meant.
WIDER = {
    "gbk": "gb18030", "gb2312": "gb18030", "hz": "hz", "shift_jis": "cp932", "euc_kr": "cp949",
    "iso8859-1": "cp1252", "ascii": "cp1252",
}  # fmt: skip
# A byte of these may look like a comma, a bar or a backslash, so the whole file has to be opened with them.
EAST_ASIAN = {
    "gb18030", "cp932", "cp949", "big5", "big5hkscs", "cp950", "euc_jp", "euc_jis_2004", "euc_jisx0213",
    "shift_jis_2004", "shift_jisx0213", "johab",
}  # fmt: skip
# Words in headers of review files, by the encodings that spell them in bytes that are not UTF-8.
WORDS = {
    "gb18030": "评论 评价 内容 评分 评级 商品 产品 昵称 用户 时间 日期 标题 店铺 星级 订单 购买 会员",
    "cp932": "レビュー 評価 商品 本文 タイトル 投稿 日付 内容 店舗 件名 感想 点数 口コミ コメント",
    "cp949": "리뷰 내용 평점 상품 제목 별점 작성 날짜 후기 댓글 고객 제품 평가 이름 아이디",
    "big5": "評論 評價 內容 評分 商品 產品 暱稱 時間 日期 標題 店家 星級 用戶",
    "cp1251": "отзыв текст оценка товар дата рейтинг название автор заголовок достоинства недостатки",
}
SHARE_OF_UTF16 = 0.02  # of its characters are ASCII, whatever the script: line ends and delimiters


class TextDecoder:
    """How to read the text that begins with `start`, some thousand bytes.

    `name` is the encoding to open the file with, and `errors` what to do with other bytes; `fallback` is what
    they are taken for. `forced` is the user's word: then nothing is guessed. Raises LookupError if it is no
    encoding of text.
    """

    def __init__(self, start: bytes, forced: str | None = None) -> None:
        self.fallback = WESTERN
        self.shown = ""
        """The encoding of the text, for people."""
        if forced is not None:
            self.name = _known(forced)
        elif mark := next((name for mark, name in MARKS if start.startswith(mark)), None):
            self.name = mark
        elif utf16 := _utf16_without_mark(start):
            self.name = utf16
        else:
            self.name = "utf-8-sig"
            if not _is_utf8(start):
                self._guess(start)
        self.shown = self.shown or self.name.removesuffix("-sig")
        # These know no way back to their bytes.
        self.errors = "replace" if self.name.startswith(("utf-16", "utf-32")) else "surrogateescape"

    def mend(self, text: str) -> tuple[str, str | None]:
        """The text with its undecodable bytes read by the fallback; and which that was, if need be.

        The whole text, if another script was guessed: some of its bytes may be UTF-8 by chance. Else these
        bytes alone: what stands around them is what it seems.
        """
        if text.isascii() or not HALVES.search(text):
            return text, None
        text = HALVES_OF_NO_BYTE.sub("\ufffd", text)  # JSON can spell them
        if not UNDECODABLE.search(text):
            return text, None
        if self.fallback != WESTERN:
            try:
                return text.encode("utf-8", "surrogateescape").decode(self.fallback), self.fallback
            except UnicodeDecodeError:
                pass
        return text.translate(WESTERN_CHARACTERS), WESTERN

    def _guess(self, start: bytes) -> None:
        # Lines that are UTF-8, as those without letters beyond ASCII are, say nothing of the others.
        lines = start.split(b"\n")
        telling = [line for line in lines if not _is_utf8(line)]
        guess = _by_words(lines[0]) or _by_statistics(b"\n".join(telling)[:GUESSED_BY])
        others = sum(not line.isascii() for line in lines) - len(telling)
        if others * 10 > len(telling):
            self.fallback = guess
        elif guess in EAST_ASIAN:
            self.name = guess
        else:
            self.fallback = self.shown = guess


def _known(name: str) -> str:
    try:
        "a".encode(name)  # codecs that are not for text are known by name too
        return _wider(codecs.lookup(name).name)
    except ValueError as error:
        raise LookupError(name) from error


def _wider(name: str) -> str:
    return WIDER.get(name, name)


def _is_utf8(start: bytes) -> bool:
    # Not final: the last character may be cut in two.
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _utf16_without_mark(start: bytes) -> str | None:
    """The UTF-16 that text with bytes of zero may be in."""
    start = start[: GUESSED_BY // 2 * 2]
    at_even, at_odd = start[::2].count(0), start[1::2].count(0)
    if min(at_even, at_odd) * 20 >= max(at_even, at_odd):
        return None
    name = "utf-16-le" if at_odd > at_even else "utf-16-be"
    text = start[: len(start) // 2 * 2].decode(name, "replace")
    strange = sum(not (character.isprintable() or character.isspace()) for character in text)
    plain = sum(character < "\x80" for character in text)
    has_lines = any(character in text for character in "\n\r,;\t{")
    return name if has_lines and plain > SHARE_OF_UTF16 * len(text) and strange * 20 < len(text) else None


def _by_words(header: bytes) -> str | None:
    """The encoding in which a header holds most of the usual words."""
    found: dict[str, int] = {}
    for encoding, words in WORDS.items():
        try:
            text = header.decode(encoding).lower()
        except UnicodeDecodeError:
            continue
        found[encoding] = sum(word in text for word in words.split())
    best = max(found, key=lambda encoding: found[encoding], default=None)
    return best if best and found[best] else None


def _by_statistics(telling: bytes) -> str:
    text = telling.decode("utf-8", "surrogateescape")
    strange = len(UNDECODABLE.findall(text))
    if strange < DENSE * (strange + sum(map(str.isalpha, text))):
        return WESTERN  # a guesser needs more than a few accents, and takes them for Baltic ones
    from charset_normalizer import from_bytes  # loads slowly, and is seldom needed

    best = from_bytes(telling).best()
    return _wider(codecs.lookup(best.encoding).name) if best is not None else WESTERN
