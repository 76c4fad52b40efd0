"""Examples by which an embedder tells praise from complaint (`retriever.stance`). Our own writing.

Of general things, so that they lean to no product; none of the kinds in the sample data.
"""

# What questions are about, so that the product's name in a question does not decide which way it leans.
_PRODUCTS = ("it", "the product", "this toaster", "these shoes", "the tent", "my new drill")

_ASK_FOR_COMPLAINTS = (
    "What do people dislike about {}?",
    "What complaints are there about {}?",
    "Why do buyers return {}?",
    "What problems do people have with {}?",
    "cons of {}",
    "What is the worst thing about {}?",
    "bad points, disadvantages, weaknesses of {}",
    "What do owners hate about {}?",
    "Why should I not buy {}?",
    "What annoyed or disappointed them about {}?",
    "What bothers owners of {}?",
    "what is bad about {}",
    "bad points?",
    "What goes wrong or breaks with {}?",
)
_ASK_FOR_ASPECTS = (
    "How good is the lid of {}?",
    "How long does {} last?",
    "Is {} easy to use?",
    "Does {} fit?",
    "How big and how heavy is {}?",
    "What is {} made of?",
    "Is {} loud?",
    "Does {} work with batteries?",
    "Is {} suitable for children?",
    "How does {} look and feel?",
    "Is the quality of {} any good?",
    "handle of {}?",
    "Do people complain about the smell of {}?",
    "Do they like the colour of {}?",
    "Does {} break easily?",
    "Is {} hard to clean?",
    "what about the instructions for {}",
    "handle?",
    "weight",
    "size of {}",
    "noise?",
)
_ASK_FOR_PRAISE = (
    "What do people like about {}?",
    "What do customers praise about {}?",
    "Why do buyers recommend {}?",
    "What makes people happy with {}?",
    "pros of {}",
    "What is the best thing about {}?",
    "good points, advantages, strengths of {}",
    "What do owners love about {}?",
    "Why should I buy {}?",
    "What impressed them about {}?",
    "What pleases owners of {}?",
    "what is good about {}",
    "good points?",
)

# Three groups: questions that ask for complaints, for an aspect, for praise.
QUESTIONS = tuple(
    tuple(dict.fromkeys(question.format(product) for question in group for product in _PRODUCTS))
    for group in (_ASK_FOR_COMPLAINTS, _ASK_FOR_ASPECTS, _ASK_FOR_PRAISE)
)

COMPLAINTS = (
    "I hate it, it does not work.",
    "Terrible quality, I am very disappointed.",
    "Do not buy this, a waste of money.",
    "Uncomfortable and hard to use.",
    "I sent it back and want a refund.",
    "It broke after a week.",
    "It stopped working within a month.",
    "Annoying, flimsy and badly made.",
    "Worse than I expected, and far too expensive.",
    "It looks cheap and feels like it falls apart.",
    "It lasts nowhere near as long as promised.",
    "It cracked the first time it fell.",
    "It is loud and slow.",
    "It let me down when I needed it.",
    "Setting it up took hours and nothing fitted.",
    "A pain to use every day.",
    "It leaks, it smells, and it rusts.",
    "Nobody in the family wants to use it any more.",
    "I would never buy it again.",
    "Garbage.",
    "Too stiff, too heavy, and the wrong size.",
    "Customer service never answered.",
    "Nothing but problems since the first day.",
    "The paint came off and a part was missing.",
)
FACTS = (
    "I bought this for my father.",
    "It was a birthday present.",
    "It arrived on Tuesday.",
    "I ordered the blue one.",
    "We live in a small flat on the third floor.",
    "I had another brand before this one.",
    "My wife uses it at work.",
    "It comes with two spare parts and a booklet.",
    "It is about thirty centimetres long.",
    "I read a lot of reviews before I ordered.",
    "I have had it for two months now.",
    "It takes the same batteries as the old one.",
    "There is a button on the left side.",
    "I use it on weekends.",
    "We needed a new one because the old one was ten years old.",
    "I am not an expert.",
)
PRAISES = (
    "I love it, it works perfectly.",
    "Excellent quality, I am very happy with it.",
    "Highly recommended, best purchase I ever made.",
    "Comfortable and easy to use.",
    "I liked it so much that I bought another one for my mother.",
    "Still like new after years of daily use.",
    "It does exactly what it should, no complaints.",
    "Better than I expected, and worth every penny.",
    "It looks beautiful and feels solid.",
    "It lasts much longer than the old one.",
    "It survived a fall without a scratch.",
    "Very quiet and very fast.",
    "It has never let me down.",
    "Setting it up took five minutes and everything fitted.",
    "A pleasure to use every day.",
    "It saves me so much time and money.",
    "Everybody in the family fights over who may use it.",
    "I would buy it again without thinking twice.",
    "Great!",
    "Soft, light, and just the right size.",
    "Customer service was friendly and helped at once.",
    "No problems so far.",
)
