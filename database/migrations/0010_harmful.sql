-- Passages that are never given to a model again.

-- A mark belongs to a text under its product, not to a row: the text may leave with its review and come back, or
-- move to another one. It is kept here too, so that the mark can be shown and lifted when the passage is gone.
CREATE TABLE harmful (
    product      bigint      NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    content_hash text        NOT NULL, -- the passage's
    text         text        NOT NULL,
    reason       text        NOT NULL, -- who or what judged so: 'person', or what a scanner says of it
    marked_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product, content_hash)
);
