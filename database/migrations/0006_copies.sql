-- What ingest needs to do nothing twice, and what a product's page shows.

-- The originals are NULL where cleaning changed nothing. `listed_as` is the first id that the row gave its
-- product. `split` says how the passages were made. The same text under the same product is stored once:
-- `unnamed` counts the rows without an id of their own that bore it, `copies` all rows.
ALTER TABLE review
    ADD COLUMN original_title text,
    ADD COLUMN original_text  text,
    ADD COLUMN listed_as      text,
    ADD COLUMN split          text,
    ADD COLUMN unnamed        integer NOT NULL DEFAULT 0 CHECK (unnamed >= 0),
    ADD COLUMN copies         integer NOT NULL DEFAULT 1 CHECK (copies >= 1);
UPDATE review SET unnamed = 1 WHERE review_id = content_hash;

-- Rows of the source that have an id, and the text of review `review_id`.
CREATE TABLE review_copy (
    product    bigint NOT NULL,
    copy_id    text   NOT NULL,
    review_id  text   NOT NULL,
    rating     double precision CHECK (rating BETWEEN 1 AND 5),
    written_on date,
    reviewer   text,
    PRIMARY KEY (product, copy_id),
    FOREIGN KEY (product, review_id) REFERENCES review ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX review_copy_review ON review_copy (product, review_id);

-- A text that has a vector is not embedded again, whatever product it comes under.
CREATE INDEX passage_content ON passage USING hash (content_hash);

-- Of the stored reviews, copies not counted; `ratings` are how many gave 1, 2, 3, 4, 5 stars, rounded.
ALTER TABLE product
    ADD COLUMN reviews     integer NOT NULL DEFAULT 0,
    ADD COLUMN mean_rating double precision,
    ADD COLUMN ratings     integer[] NOT NULL DEFAULT '{0,0,0,0,0}',
    ADD COLUMN first_on    date,
    ADD COLUMN last_on     date;
UPDATE product SET reviews = found.reviews, mean_rating = found.mean_rating, ratings = found.ratings,
    first_on = found.first_on, last_on = found.last_on
FROM (
    SELECT product, count(*) AS reviews, avg(rating) AS mean_rating,
        ARRAY[count(*) FILTER (WHERE round(rating) = 1), count(*) FILTER (WHERE round(rating) = 2),
              count(*) FILTER (WHERE round(rating) = 3), count(*) FILTER (WHERE round(rating) = 4),
              count(*) FILTER (WHERE round(rating) = 5)] AS ratings,
        min(written_on) AS first_on, max(written_on) AS last_on
    FROM review GROUP BY product
) AS found WHERE product.id = found.product;
