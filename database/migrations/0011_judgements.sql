-- What a model said of answers as their judge: marks of one, or which of two is better.

CREATE TABLE judgement (
    first       bigint      NOT NULL REFERENCES answer ON DELETE CASCADE,
    second      bigint      REFERENCES answer ON DELETE CASCADE, -- null: `first` by itself
    judge       text        NOT NULL, -- the model's name
    file_sha256 text, -- of the judge; null: behind a server
    judged_at   timestamptz NOT NULL DEFAULT now(),
    itself      boolean     NOT NULL, -- one of the answers is the judge's own
    marks       jsonb, -- of one answer, dimension → 1 to 5; null: none that can be read
    forth       smallint, -- of two, the place chosen with `first` first: 1, 2 or 0 for neither; null: no verdict
    back        smallint, -- the same with `second` first
    CHECK (second IS NOT NULL OR (forth IS NULL AND back IS NULL)),
    CHECK (second IS NULL OR marks IS NULL)
);

-- Each answer and each pair is judged once, also if a run is resumed twice at the same time.
CREATE UNIQUE INDEX judgement_once ON judgement (first, coalesce(second, 0), judge);
CREATE INDEX judgement_second ON judgement (second);
