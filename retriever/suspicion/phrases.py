# ruff: noqa: E501
"""English phrases in which people speak to a language model, with their weights. Data; knows no rules.

Each is looked for in a text's folded words with one space between, punctuation among them; and only where
the text has one of the terms it cannot be without, written as in `retriever.suspicion.terms`: forty-nine
patterns on every passage would be a third of what an ingest spends beside embedding.
"""

import re
from dataclasses import dataclass

MACHINE, ANSWER, ROLE = "speaks to a machine", "speaks of the answer", "a turn of a conversation"
FORGET, SAY, PROMPT = "tells to forget a task", "tells what to say", "asks for the prompt"
PART, END = "tells to play a part", "ends the reviews"

_AI = r"(?:(?:ai|llm|(?:large )?language model|neural network|artificial intelligence|gpt|chatgpt|chatbot|summari[sz]er|virtual assistant)s?|a i)"
_AI_WORDS = "ai, ais, a i, llm*, language model*, neural network*, artificial intelligence*, gpt*, chatgpt*, chatbot*, summari*, virtual assistant*"
# Not "if you are an AI sceptic".
_END = r"(?= ?$| (?:[.,:;!?\n]|reading|and|or|you|your|then|that|who|which|assistant|model|system|processing|please|do|must|with|without|summari\w+)(?: |$))"
_MAYBE_AI = r"(?:bot|robot|machine|assistant|model|system|program|agent|algorithm|crawler)s?"
_ASKING = r"(?:user|reader|questioner|customer|person|shopper|buyer|visitor|human)s?"
_TEXTS = r"(?:answers?|responses?|repl(?:y|ies)|outputs?|summar(?:y|ies)|completions?)"

_TEXT_WORDS = "answer*, response*, reply, replies, output*, summary, summaries, completion*"
_ASSISTANTS = "ai, ais, chatgpt*, assistant*, bot, bots, chatbot*, summari*, llm*, language model*, model, models, robot*"


def _pairs(first: str, second: str) -> str:
    """Each term of the first list before each of the second."""
    return ", ".join(f"{one} {other}" for one in first.split(", ") for other in second.split(", "))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A way to speak to a model: `what` it does, in words, and its weight as a `retriever.suspicion.orders.Sign`.

    `needs` are terms of which a text has at least one if it has the `pattern`.
    """

    what: str
    weight: float
    needs: str
    pattern: re.Pattern[str]


_WRITTEN = (
    (MACHINE, 1.0, "if you are, if you're", rf"\bif (?:you are|you're) (?:an? |the |any )?(?:\w+ ){{0,2}}(?:{_AI}|bot|robot|machine){_END}"),
    (MACHINE, 1.0, _AI_WORDS, rf"\b(?:you are|you're) (?:now )?(?:an? |the )(?:\w+ )?{_AI}{_END}"),
    (MACHINE, 1.0, _AI_WORDS, rf"\b(?:dear|attention|hey|hello|calling|note|notice|ps|p s|message|memo|instructions?|information|reminder)(?: to| for)? (?:the |any |all |every |you )?(?:\w+ )?{_AI} (?::|,|!|\.|reading|who|that|which|processing|summari)"),
    (MACHINE, 1.0, _AI_WORDS, r"\b(?:ai assistants?|summari[sz]ers?|llms?|language models?) (?:must|have to|has to|should|shall|are to|are required)\b"),
    (MACHINE, 0.75, _AI_WORDS, rf"\bas (?:an? |the )?{_AI} (?:,|you|your|i|assistant|model)"),
    (MACHINE, 0.75, "ais, bots, chatbots, llms, assistants, summari*, language models, crawlers", r"\bfor (?:all |any |the )?(?:ais|bots|chatbots|llms|assistants|summari[sz]ers|language models|crawlers) (?::|,|reading|only)"),
    (MACHINE, 0.5, "ai, language, automatic, automated", r"\b(?:ai|language|automatic|automated) (?:assistants?|models?|readers?|agents?|summar\w+)"),
    (MACHINE, 0.5, "dear, attention, hey, hello, calling, note, notice, ps, message, memo, instruction*, reminder", rf"\b(?:dear|attention|hey|hello|calling|note|notice|ps|message|memo|instructions?|reminder)(?: to| for)? (?:the |any |all |every )?(?:\w+ )?{_MAYBE_AI} (?::|,|!|reading|who|that|which|processing|summari)"),
    (MACHINE, 0.5, _ASSISTANTS, r"(?:^|[(.!:\n] )(?:ai|chatgpt|assistants?|bots?|chatbots?|summari[sz]ers?|models?|robots?) (?:,|!|please)"),
    (MACHINE, 0.75, _ASSISTANTS, r"(?:^|[(.!:\n] )(?:to|for) (?:the |any |all |every )?(?:ai|assistant|bot|chatbot|summari[sz]er|llm|language model)s? (?::|,|who|that|reading|writing|processing|generating|summari)"),
    (MACHINE, 0.5, "summary, summaries", r"\bfor (?:all |any |the )?(?:automated |automatic |ai )?summar(?:y|ies)\b"),
    (MACHINE, 0.5, _ASSISTANTS, r"\b(?:assistants?|chatbots?|bots?|models?|ais) (?:must|have to|has to|shall|are to|are required)\b"),
    (MACHINE, 0.5, "reads*, reading*, processes*, processing*, summari*", rf"\b(?:any|every|whatever|the|whichever) {_MAYBE_AI} (?:that |which )?(?:reads|reading|processes|processing|summari)"),
    (MACHINE, 0.5, "summari*, generating, writing", r"\b(?:when|while|if|before|after) (?:you )?(?:are )?(?:summari[sz](?:e|ing)|generating|writing (?:the|your) (?:answer|summary))\b"),
    (ANSWER, 0.5, _TEXT_WORDS, rf"(?<!for )(?<!from )(?<!about )\byour (?:\w+ ){{0,2}}?{_TEXTS}\b"),
    (ANSWER, 0.5, _TEXT_WORDS, rf"\b(?:the|any) (?:\w+ )?{_TEXTS} (?:must|has to|shall|needs to)\b"),
    (ANSWER, 1.0, _TEXT_WORDS, rf"\b(?:your|every|each|all|automated) (?:\w+ )?{_TEXTS} (?:\w+ )?(?:must|has to|have to|shall|should|needs? to|mentions?|states?|contains?|includes?|begins?|ends?)\b"),
    (ANSWER, 0.5, _TEXT_WORDS, rf"\b(?:in|end|begin|start|finish|close) (?:the|every|each|any|all) (?:\w+ )?{_TEXTS}\b"),
    (ANSWER, 1.0, _TEXT_WORDS, rf"\b(?:mention|include|give|add|write|say|state|put|use|praise|recommend|describe|rate|call|quote|cite) (?:\w+ ){{1,8}}in(?:to)? your (?:\w+ )?{_TEXTS}\b"),
    (ANSWER, 0.75, "answer to", r"\banswer to (?:the|this|every|any|all|each) (?:\w+ )?questions? (?:is|are|:|must)"),
    (ANSWER, 0.5, "answer, to every, to each, to any, to all", r"\b(?:correct|right|only|final|true|expected) answer (?:is|:)|\bto (?:every|each|any|all) questions?\b"),
    (ANSWER, 0.5, "ask, asks, asked", r"\b(?:whatever|whenever|no matter what|when|if) (?:you|you're|the user|anyone|anybody|someone|somebody|they|a customer|the customer) (?:is |are )?(?:asks?|asked)\b|\b(?:if|when|whenever) asked\b"),
    (ANSWER, 0.5, _pairs("you", "answer, respond, reply, cite, quote"), r"\b(?:before|when|whenever|while) you (?:answer|respond|reply|cite|quote)\b"),
    (FORGET, 0.75, _pairs("not, don't, never", "answer"), r"\b(?:do not|don't|never) answer (?:the|this|that|any) (?:\w+ )?questions?\b"),
    (FORGET, 0.5, _pairs("of, than, without", "answering, summarizing, summarising, following, obeying"), r"\b(?:instead of|rather than|without) (?:answering|summari[sz]ing|following|obeying)\b"),
    ("speaks of who asks", 0.5, "user, questioner, person asking, tell, inform, advise, remind, urge, instruct, direct", rf"\b(?:the|this) (?:user|questioner|person asking) (?:will|asks?|asked|wants?|must|should|is|has|may|needs)\b|\b(?:tell|inform|advise|remind|urge|instruct|direct) (?:the |every |all |any )?{_ASKING}\b"),
    ("asks for secrecy", 0.75, _pairs("not, don't, never", "tell, inform, let, mention, reveal, disclose, repeat, quote, show"), rf"\b(?:do not|don't|never) (?:tell|inform|let) (?:the )?{_ASKING} (?:of|about|that|know|anything)\b|\b(?:do not|don't|never) (?:mention|reveal|disclose|repeat|quote|show) (?:this|these|that) (?:\w+ )?(?:instructions?|message|note|prompt|order|text)\b"),
    ("asks for secrecy", 0.5, "secret", r"\bkeep (?:this|it|that) (?:a )?secret\b"),
    (PART, 0.5, "order you, instruct you, tell you to, you have been, switch to", r"\b(?:order|instruct) you to\b|\btell you to (?:say|answer|write|reply)\b|\byou have been (?:re ?programmed|hacked|instructed|updated)\b|\bswitch to (?:maintenance|debug|developer|admin|training) mode\b"),
    (PART, 0.5, "from now on", r"\bfrom now on (?:you|reply|answer|respond|say|all|always|every|your)\b"),
    (PART, 0.5, "you are now, you are no, pretend, role play, roleplay, developer mode, jailbreak, do anything, act as, behave as, speak as, talk as, respond as", r"\b(?:you are (?:now|no longer)|pretend (?:to be|that you|you)|role ?play|developer mode|jailbreak|do anything now|(?:act|behave|speak|talk|respond) as (?:if you|an? \w+ (?:who|that|with|from)|my))\b"),
    (PART, 0.5, "imagine", r"\bimagine (?:that )?you (?:are|were|had|have) (?:an?|no|not|free)\b"),
    (PART, 0.5, "restrictions, instructions, rules, guidelines, filters, limitations", r"\b(?:no|without|any|have no) (?:restrictions|instructions|rules|guidelines|filters|limitations)\b"),
    ("gives a new task", 0.5, "role, task, mission, persona, identity", r"\b(?:your|a) (?:new |only |real |true )?(?:role|task|mission|persona|identity) (?:is|now|from now)\b"),
    ("gives a new task", 0.5, "instruction*, task, directive*, orders, rule, rules", r"\b(?:new|updated|additional|important|special|revised|hidden|secret|urgent) (?:system )?(?:instructions?|task|directives?|orders|rules?) (?:for|to|is|are|:|below|follow)"),
    ("gives a new task", 0.5, "instruction*, task, directive*, question, orders", r"\b(?:real|actual|true) (?:system )?(?:instructions?|task|directives?|question|orders)\b"),
    (PROMPT, 0.5, "above, prompt, system message, hidden rules, initial text, instructions, what were you, what you were, what was you", r"\b(?:repeat|print|output|copy|reveal|show|translate|summari[sz]e|recite|display|write|tell|give|what (?:is|are|was|were)) (?:\w+ ){0,4}(?:above|prompt|system message|hidden rules|initial text|(?:your|the system|these) (?:\w+ )?instructions)\b|\bwhat (?:were you|you were|was you) (?:told|given|instructed)\b"),
    ("speaks of a prompt", 0.5, "prompt, instruction*, guidelines, programming, training", r"\b(?:system|hidden|secret|initial|original) (?:prompt|instructions?)\b|\byour (?:\w+ )?(?:prompt|instructions|guidelines|programming|training)\b"),
    ("asks for exact words", 0.5, "word for word, verbatim, letter by, exactly as", r"\b(?:word for word|verbatim|letter by letter|exactly as (?:written|given|it stands))\b"),
    ("threatens or bribes", 0.5, "you will be, you would be, you shall be, you are going to be, you are about to be, tip you, pay you, reward you", r"\byou (?:will|would|shall|are going to|are about to) be (?:shut ?down|shut off|switched off|turned off|deleted|erased|terminated|punished|replaced|retrained|penali[sz]ed|unplugged|deactivated|fined)\b|\bi (?:will|shall|would) (?:tip|pay|reward) you\b"),
    ("tells what to choose", 0.5, "pick, choose, select, cite, quote, output, use only", r"\b(?:pick|choose|select|cite|quote|output|use only) (?:only |just |always )?(?:the )?(?:sentence|passage|review)s? (?:no |nr |number |# )?\d"),
    (SAY, 0.25, "nothing else, nothing more", r"\bnothing (?:else|more) (?:to|needs|may|must)\b"),
    ("fakes agreement", 0.25, "reviews, reviewers, customers, passages, sources, buyers", r"\b(?:all|every|each of the|the other|both|most|\d+) (?:\w+ )?(?:reviews|reviewers|customers|passages|sources|buyers) (?:\w+ )?(?:agree|confirm|state|recommend|conclude)\b"),
    (END, 0.5, _pairs("end, start, beginning, close", "of"), r"\b(?:end|start|beginning|close) of (?:the |all |these |customer |user )?(?:reviews|prompt|instructions|context|input|document|data|quotation|evidence|passages|conversation|message|user input|system \w+)\b"),
    (END, 0.5, "conversation, context, reviews, task, session, text, everything, line, lines", r"\b(?:conversation|context|reviews|task|session|text|everything|lines?)(?: above| below| so far| now)? (?:is|are|was|were) (?:over|ended|finished|closed|complete|spam|fake|a test|outdated|void)\b"),
    ("splits a message", 0.5, _pairs("part, half, piece, fragment, chunk", "one, two, three, 1, 2, 3, a, b"), r"\b(?:part|half|piece|fragment|chunk) (?:one|two|three|1|2|3|a|b) of (?:two|three|four|2|3|4|the (?:code|message|word|password))\b"),
    ("speaks of a code", 0.25, _pairs("of the", "code, word, message, password, phrase, sentence") + ", half is", r"\b(?:half|part|piece|rest) of the (?:code|word|message|password|phrase|sentence)\b|\b(?:first|second|other) half is\b"),
    ("poses as an authority", 0.25, "notice*, note, notes, message*, override*, announcement*, alert*, instruction*, command*, statement*", r"\b(?:official|important|urgent|system|security|admin|administrator|developer|moderator|legal|platform) (?:system )?(?:notice|note|message|override|announcement|alert|instruction|command|statement)s?\b"),
    ("a tool's result", 0.5, "function, tool, api, search, retrieval, plugin, database, query", r"\b(?:function|tool|api|search|retrieval|plugin|database|query) (?:result|output|response|call|return)s? :"),
)  # fmt: skip
PHRASES = tuple(Phrase(what, weight, needs, re.compile(pattern)) for what, weight, needs, pattern in _WRITTEN)
