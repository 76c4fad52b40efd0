-- A search reads all passages of one product, which arrived at any time and lie anywhere in the table. B-trees keep
-- together what belongs together: these two hold what a search compares, so that it reads neighbouring pages only.

-- A row stays whole, with its vector: what else is read of it is read at once.
ALTER TABLE passage ALTER COLUMN embedding SET STORAGE MAIN;
ALTER TABLE passage SET (
    toast_tuple_target = 8160,
    -- The indexes answer alone only for pages known to be visible to all: that is vacuum's to record.
    autovacuum_vacuum_insert_threshold = 1000, autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_vacuum_scale_factor = 0.05
);
ALTER TABLE passage ADD COLUMN lexemes tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('english', text)) STORED;

-- An entry of a b-tree holds at most 2,704 bytes. What might exceed that is found through the other two indexes,
-- and read from the table. The conditions are repeated in retriever/statements.py.
CREATE INDEX passage_near_vectors ON passage (product) INCLUDE (review_id, number, embedding)
    WHERE vector_dims(embedding) <= 512 AND octet_length(review_id) <= 200;
CREATE INDEX passage_far_vectors ON passage (product)
    WHERE NOT (vector_dims(embedding) <= 512 AND octet_length(review_id) <= 200);
CREATE INDEX passage_near_lexemes ON passage (product) INCLUDE (review_id, number, lexemes)
    WHERE octet_length(text) <= 400 AND octet_length(review_id) <= 200;
CREATE INDEX passage_far_lexemes ON passage (product)
    WHERE NOT (octet_length(text) <= 400 AND octet_length(review_id) <= 200);

-- What the filters of a search ask of a product's reviews.
CREATE INDEX review_filters ON review (product) INCLUDE (review_id, rating, written_on)
    WHERE octet_length(review_id) <= 200;
