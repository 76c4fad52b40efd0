-- What a scanner or a filter noticed, and what a person said to it.

-- Texts whose mark a person lifted: no scanner marks them, or a part of them, again.
CREATE TABLE harmless (
    product      bigint      NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    content_hash text        NOT NULL, -- the passage's
    text         text        NOT NULL,
    cleared_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, content_hash)
);

ALTER TABLE answer
    ADD COLUMN flagged text[] NOT NULL DEFAULT '{}'; -- what the content filter and the guard noticed, in words
