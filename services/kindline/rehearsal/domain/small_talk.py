# ruff: noqa: RUF001 - Chinese is written with its own punctuation.
"""What practice agents and practice customers say: kind, short, in the customer's language, and marked as practice.

Promises whoever reads a chat that an answer of a demo agent says that it is one, and refers to what was typed; it
promises nothing that a demo cannot keep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LONGEST_QUOTE = 60

_MARKS = {"en": "[Demo agent] ", "zh": "【演示客服】"}

_TOPICS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "thank": "You are very welcome. Is there anything else you would like to try?",
        "bye": "Thank you for writing. Take your time; you may close the page whenever you like.",
        "order": "I would now look up your order and tell you where it is.",
        "parcel": "I would now ask the carrier where your parcel is, and write you what they say.",
        "late": "I am sorry about the wait. I would find out what happened and tell you honestly.",
        "return": "Returning it is no trouble: I would send you a label and watch for it.",
        "refund": "I would check the refund and tell you the day on which it reaches you.",
        "bill": "I would go through the bill with you, line by line.",
        "invoice": "I would go through the invoice with you, line by line.",
        "street": "I would pass it to the people who look after that street, and let you know.",
        "light": "I would pass it to the people who look after the lights, and let you know.",
        "angry": "I understand that this is upsetting. Let us look at it together, one thing after the other.",
        "hello": "Hello, and welcome. What can I do for you?",
        "hi": "Hello, and welcome. What can I do for you?",
        "help": "Gladly. Tell me a little more, and I will see what can be done.",
    },
    "zh": {
        "谢": "不客气。还有什么想试试的吗？",
        "再见": "感谢您的来信，您可以随时关闭页面。",
        "订单": "正式服务时，我现在会查询您的订单并告诉您进度。",
        "快递": "正式服务时，我现在会联系快递公司并把结果告诉您。",
        "慢": "让您久等了，很抱歉。我会查明原因并如实告诉您。",
        "退": "退货很方便：我会把退货单发给您，并跟进到底。",
        "发票": "我会陪您逐项核对发票。",
        "你好": "您好，欢迎。请问有什么可以帮您？",
        "您好": "您好，欢迎。请问有什么可以帮您？",
    },
}
_ANSWERS = {
    "en": ("I have read it, and a person would now take care of it.", "Tell me more, or close the page when done."),
    "zh": ("我已收到，正式服务时会有专人处理。", "您可以继续补充，或随时关闭页面。"),
}
_QUOTES = {"en": "You wrote “{}”. ", "zh": "您写道“{}”。"}
_CLOSING = {
    "en": "It has been quiet for a while, so I close our chat now. Write again at any time.",
    "zh": "已有一段时间没有新消息，我先结束这次会话。随时欢迎您再来。",
}

OPENINGS: Mapping[str, Sequence[Sequence[str]]] = {
    "en": (
        ("Hello, my order 4417 has not arrived yet.", "It was promised for Tuesday.", "Thank you, that helps."),
        ("Can I return a lamp without its box?", "It is three weeks old.", "Good, thank you!"),
        ("My bill shows the same thing twice.", "The second line, 19.90.", "Thanks for looking into it."),
        ("Hi! Do you deliver to Ireland?", "And how long does a parcel take?", "Thank you."),
    ),
    "zh": (
        ("你好，我的订单还没有到。", "上周三下的单。", "谢谢！"),
        ("请问可以开发票吗？", "公司抬头。", "好的，谢谢。"),
        ("我想退货，怎么办理？", "还没有拆封。", "谢谢您。"),
    ),
    "town": (
        ("The light at the corner of Mill Lane is out.", "Since Sunday, I think.", "Thank you."),
        ("When is the recycling collected this week?", "We live in Church Street.", "Thanks!"),
    ),
}
"""What practice customers say, line by line, by the kind of place where they write."""


def language_of(text: str, known: str = "") -> str:
    """The language to answer in: that of the writing, else the one known, else English."""
    if any("\u4e00" <= character <= "\u9fff" for character in text):
        return "zh"
    return "zh" if not text.isascii() and known.startswith("zh") else "en"


def answer(text: str, known: str = "") -> str:
    """A demo agent's answer to a customer's line: marked, in their language, about what they wrote."""
    language = language_of(text, known)
    quote = _QUOTES[language].format(_shortened(text)) if text.strip() else ""
    lowered = text.casefold()
    for word, words in _TOPICS[language].items():
        if _mentions(lowered, word):
            return f"{_MARKS[language]}{quote}{words}"
    gap = " " if language == "en" else ""
    return f"{_MARKS[language]}{quote}{gap.join(_ANSWERS[language])}"


def closing(known: str = "") -> str:
    """What a demo agent says before closing a chat in which nobody has spoken for long."""
    language = "zh" if known.startswith("zh") else "en"
    return f"{_MARKS[language]}{_CLOSING[language]}"


def _mentions(text: str, word: str) -> bool:
    if not word.isascii():
        return word in text
    letters = "".join(character if character.isalnum() else " " for character in text)
    # "returns" and "returned" speak of the same; "this" does not say "hi".
    return any(each == word or (len(word) > 2 and each.startswith(word)) for each in letters.split())  # noqa: PLR2004


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[: LONGEST_QUOTE - 1].rstrip()}…"
