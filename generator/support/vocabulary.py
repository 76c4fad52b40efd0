"""The English words that `wording` must know. Nothing but lists."""

_TENS = (
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
    ("hundred", 100),
)
# "One" is left out: it is a person more often than a number.
_SMALL = """
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty
"""
_HOLDING_TOGETHER = """
a about above after again all also although am an and any are as at be because been before being both but by
can could did do does doing during each even every few for from further get gets got had has have having he
her here hers him his how however i if in into is it its itself just like made make makes many may me might
more most much must my of off often on once only onto or other others our out over own quite rather really
same several she should since so some someone still such than that the their them then there these they this
those though through to too under until up upon very was we were what when where whether which while who
whom whose why will with would yes yet you your
"""
_OF_REVIEWS = """
according another buyer buyers customer customers differ experience experiences mention mentioned mentions
mixed one opinion opinions owner owners people person persons reported report reports review reviewer
reviewers reviews said say saying says state states user users vary wrote
"""
_DENYING = """
not no never none nothing nobody neither nor without cannot hardly barely cant dont doesnt didnt isnt wasnt
wont wouldnt
"""
_SPELLINGS = {
    "s": "s sec secs second seconds",
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "day days",
    "w": "week weeks",
    "mon": "month months",
    "y": "year years",
    "mm": "mm millimetre millimetres millimeter millimeters",
    "cm": "cm centimetre centimetres centimeter centimeters",
    "m": "m metre metres meter meters",
    "km": "km kilometre kilometres kilometer kilometers",
    "g": "g gram grams gramme grammes",
    "kg": "kg kilo kilos kilogram kilograms",
    "ml": "ml millilitre millilitres milliliter milliliters",
    "l": "l litre litres liter liters",
}

# Words that say nothing of a product: those that hold a sentence together, and those that talk of reviews.
FUNCTION = frozenset(_HOLDING_TOGETHER.split() + _OF_REVIEWS.split())
DENIALS = frozenset(_DENYING.split())
# To digits.
NUMBERS = {word: str(number) for number, word in enumerate(_SMALL.split(), start=2)} | {
    word: str(number) for word, number in _TENS
}
# To one spelling of each.
UNITS = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()}
