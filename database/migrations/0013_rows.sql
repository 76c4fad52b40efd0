-- Every row of a source is a row of `review`. A text, its passages and their vectors are stored once per product.

-- `source` names the space of ids that the product's ids belong to. `reviews` counts all rows, `with_text` those with
-- a text. `languages` of the rows, the most frequent first.
ALTER TABLE product
    ADD COLUMN source    text,
    ADD COLUMN with_text integer NOT NULL DEFAULT 0,
    ADD COLUMN languages text[]  NOT NULL DEFAULT '{}';

-- `id` is the source's, `alias` the public one: `id` without a source, else `source:id`.
ALTER TABLE product_alias ADD COLUMN id text;
UPDATE product_alias SET id = alias;
ALTER TABLE product_alias ALTER COLUMN id SET NOT NULL;
CREATE INDEX product_alias_id ON product_alias (id);

ALTER TABLE passage RENAME TO old_passage;
ALTER TABLE review_copy RENAME TO old_copy;
ALTER TABLE review RENAME TO old_review;
ALTER INDEX review_pkey RENAME TO old_review_pkey;
ALTER INDEX passage_pkey RENAME TO old_passage_pkey;

-- The texts. `content_hash` is the SHA-256 of title and text as one, `split` says how the passages were made.
-- The product is part of the key: so a passage and a review have a body of their own product, and move with it.
CREATE TABLE body (
    product      bigint NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    id           bigint GENERATED ALWAYS AS IDENTITY,
    content_hash text   NOT NULL,
    title        text,
    text         text   NOT NULL,
    split        text
);
-- Of equal texts one: its passages stay.
CREATE TEMP TABLE kept ON COMMIT DROP AS
    SELECT DISTINCT ON (product, content_hash) product, content_hash, review_id
    FROM old_review ORDER BY product, content_hash, review_id;
ANALYZE kept;
INSERT INTO body (product, content_hash, title, text, split)
    SELECT product, content_hash, title, text, split FROM old_review JOIN kept USING (product, content_hash, review_id)
    ORDER BY product, review_id;
ALTER TABLE body ADD PRIMARY KEY (product, id), ADD UNIQUE (product, content_hash);
ANALYZE body;

-- The rows. `body` is NULL for stars alone. `rating` is in stars; `rating_given` and `rating_scale` are the source's.
CREATE TABLE review (
    product      bigint NOT NULL,
    review_id    text   NOT NULL,
    body         bigint,
    rating       double precision CHECK (rating BETWEEN 1 AND 5),
    rating_given text,
    rating_scale text,
    written_on   date,
    reviewer     text,
    language     text
);
INSERT INTO review (product, review_id, body, rating, written_on, reviewer)
    SELECT product, review_id, body.id, rating, written_on, reviewer
    FROM old_review JOIN body USING (product, content_hash);
INSERT INTO review (product, review_id, body, rating, written_on, reviewer)
    SELECT copy.product, copy_id, body.id, copy.rating, copy.written_on, copy.reviewer
    FROM old_copy AS copy
    JOIN old_review USING (product, review_id) JOIN body USING (product, content_hash)
    WHERE NOT EXISTS (
        SELECT FROM old_review AS taken WHERE (taken.product, taken.review_id) = (copy.product, copy.copy_id));
-- Rows without an id of their own were counted, and no more is known of them than of the review with their text.
INSERT INTO review (product, review_id, body, rating, written_on, reviewer)
    SELECT product, content_hash || '#' || n, body.id, rating, written_on, reviewer
    FROM old_review JOIN body USING (product, content_hash),
        generate_series(2, unnamed + (review_id <> content_hash)::integer) AS n;
ALTER TABLE review
    ADD PRIMARY KEY (product, review_id),
    ADD FOREIGN KEY (product) REFERENCES product (id) ON DELETE CASCADE,
    ADD FOREIGN KEY (product, body) REFERENCES body ON UPDATE CASCADE;

CREATE TABLE passage (
    product      bigint   NOT NULL,
    body         bigint   NOT NULL,
    number       integer  NOT NULL,
    text         text     NOT NULL,
    content_hash text     NOT NULL,
    embedding    vector   NOT NULL,
    lexemes      tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('english', text)) STORED
) WITH (
    toast_tuple_target = 8160,
    autovacuum_vacuum_insert_threshold = 1000, autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_vacuum_scale_factor = 0.05
);
ALTER TABLE passage ALTER COLUMN embedding SET STORAGE MAIN;
INSERT INTO passage (product, body, number, text, content_hash, embedding)
    SELECT product, body.id, number, old.text, old.content_hash, embedding
    FROM old_passage AS old JOIN kept USING (product, review_id) JOIN body USING (product)
    WHERE body.content_hash = kept.content_hash;

DROP TABLE old_passage, old_copy, old_review;

-- What the filters of a search ask, and what a product's figures are counted from.
CREATE INDEX review_filters ON review (product, body) INCLUDE (rating, written_on, language);

ALTER TABLE passage
    ADD PRIMARY KEY (product, body, number),
    ADD FOREIGN KEY (product, body) REFERENCES body ON DELETE CASCADE ON UPDATE CASCADE;
CREATE INDEX passage_content ON passage USING hash (content_hash);
-- As in 0007: what a search compares, and what exceeds an entry of an index. The conditions are repeated in
-- retriever/statements.py.
CREATE INDEX passage_near_vectors ON passage (product) INCLUDE (body, number, embedding)
    WHERE vector_dims(embedding) <= 512;
CREATE INDEX passage_far_vectors ON passage (product) WHERE NOT (vector_dims(embedding) <= 512);
CREATE INDEX passage_near_lexemes ON passage (product) INCLUDE (body, number, lexemes)
    WHERE octet_length(text) <= 400;
CREATE INDEX passage_far_lexemes ON passage (product) WHERE NOT (octet_length(text) <= 400);
ANALYZE review;
ANALYZE passage;

UPDATE product SET reviews = found.reviews, with_text = found.with_text, mean_rating = found.mean_rating,
    ratings = found.ratings, first_on = found.first_on, last_on = found.last_on
FROM (
    SELECT product, count(*) AS reviews, count(body) AS with_text, avg(rating) AS mean_rating,
        ARRAY[count(*) FILTER (WHERE round(rating) = 1), count(*) FILTER (WHERE round(rating) = 2),
              count(*) FILTER (WHERE round(rating) = 3), count(*) FILTER (WHERE round(rating) = 4),
              count(*) FILTER (WHERE round(rating) = 5)] AS ratings,
        min(written_on) AS first_on, max(written_on) AS last_on
    FROM review GROUP BY product
) AS found WHERE product.id = found.product;
