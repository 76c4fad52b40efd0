-- What people preferred who read answers to the same question side by side.

-- One row per pair of answers, whichever of them won; a new vote on a pair takes the old one's place.
CREATE TABLE vote (
    first    bigint      NOT NULL REFERENCES answer ON DELETE CASCADE,
    second   bigint      NOT NULL REFERENCES answer ON DELETE CASCADE,
    voted_at timestamptz NOT NULL DEFAULT now(),
    winner   text        NOT NULL CHECK (winner IN ('a', 'b', 'tie', 'bad')), -- a: the first; bad: neither is good
    blind    boolean     NOT NULL, -- the names were hidden when the vote was given
    PRIMARY KEY (first, second),
    CHECK (first < second)
);
CREATE INDEX vote_second ON vote (second);

-- Who works on a run, null: nobody. host, pid, started (seconds since 1970): a pid alone may come to be another's.
ALTER TABLE run ADD COLUMN process jsonb;
