-- Every word of a review finds it, whatever stands between the words.

-- PostgreSQL's parser takes "great.Battery" for a host, "battery/charging" for a path, "<battery>" for a tag, and the
-- 5 of "3-5" for a negative number; and where the database's locale is C, as the embedded one's, all characters
-- beyond ASCII for letters, such as a dash. Here all of them are spaces, but for a hyphen before a letter, whose word
-- is found whole and in parts, and for the points of a number such as 9.99. Not by classes such as [:punct:]: in a C
-- locale they know ASCII alone. Joiners that scripts are spelled with stay. The same function reads a question.
CREATE FUNCTION lexemes_of(text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN to_tsvector('english', regexp_replace($1,
    '(\m[0-9]+(?:\.[0-9]+)+)|-(?=[0-9])|[!-,./:-@[-`{-~' -- ASCII
    -- Latin, modifiers, Greek, Armenian, Hebrew, Arabic
    '\u0080-\u00A9\u00AB\u00AC\u00AE-\u00B1\u00B4\u00B6-\u00B8\u00BB\u00BF\u00D7\u00F7\u02C2-\u02C5\u02D2-\u02DF'
    '\u037E\u0387\u055A-\u055F\u0589-\u058F\u05BE\u05C0\u05C3\u05C6\u05F3\u05F4'
    '\u0606-\u060F\u061B\u061D-\u061F\u066A-\u066D\u06D4\u0700-\u070D'
    -- India, Thailand, Tibet, Burma, Georgia, Ethiopia, Cambodia, Mongolia
    '\u0964\u0965\u0970\u0DF4\u0E3F\u0E4F\u0E5A\u0E5B\u0F01-\u0F17\u104A-\u104F\u10FB\u1360-\u1368'
    '\u17D4-\u17D6\u17D8-\u17DB\u1800-\u180A'
    -- general punctuation, currencies, signs, arrows, numbers in circles, pictures
    '\u2000-\u200B\u2010-\u2029\u202F-\u205F\u207A-\u207E\u208A-\u208E\u20A0-\u20CF\u20DD-\u20E3\u2103\u2109'
    '\u2116\u2117\u2120-\u2122\u2190-\u2BFF\u2E00-\u2E2E\u2E30-\u2E7F'
    -- China, Japan, wide and small forms
    '\u3000-\u3004\u3008-\u3020\u3030\u303D-\u303F\u30A0\u30FB\u3200-\u33FF\uFE00-\uFE19\uFE30-\uFE6B\uFEFF'
    '\uFF01-\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65\uFFE0-\uFFEE\uFFFC\uFFFD'
    '\U0001F000-\U0001FBEF\U000E0020-\U000E007F]+', -- emoji
    ' \1 ', 'g'));

-- As in 0013, with the other lexemes. Copied, because a change in place is not counted, so that nothing would record
-- which of the rows all can see.
ALTER TABLE passage RENAME TO old_passage;
CREATE TABLE passage (
    product      bigint   NOT NULL,
    body         bigint   NOT NULL,
    number       integer  NOT NULL,
    text         text     NOT NULL,
    content_hash text     NOT NULL,
    embedding    vector   NOT NULL,
    lexemes      tsvector NOT NULL GENERATED ALWAYS AS (lexemes_of(text)) STORED
) WITH (
    toast_tuple_target = 8160,
    autovacuum_vacuum_insert_threshold = 1000, autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_vacuum_scale_factor = 0.05
);
ALTER TABLE passage ALTER COLUMN embedding SET STORAGE MAIN;
INSERT INTO passage (product, body, number, text, content_hash, embedding)
    SELECT product, body, number, text, content_hash, embedding FROM old_passage;
DROP TABLE old_passage;

ALTER TABLE passage
    ADD PRIMARY KEY (product, body, number),
    ADD FOREIGN KEY (product, body) REFERENCES body ON DELETE CASCADE ON UPDATE CASCADE;
CREATE INDEX passage_content ON passage USING hash (content_hash);
-- The conditions are repeated in retriever/statements.py.
CREATE INDEX passage_near_vectors ON passage (product) INCLUDE (body, number, embedding)
    WHERE vector_dims(embedding) <= 512;
CREATE INDEX passage_far_vectors ON passage (product) WHERE NOT (vector_dims(embedding) <= 512);
CREATE INDEX passage_near_lexemes ON passage (product) INCLUDE (body, number, lexemes)
    WHERE octet_length(text) <= 400;
CREATE INDEX passage_far_lexemes ON passage (product) WHERE NOT (octet_length(text) <= 400);
ANALYZE passage;
