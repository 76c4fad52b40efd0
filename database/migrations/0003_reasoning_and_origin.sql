-- What an answer came from, what was thought before it, and what was asked before; unknown for earlier answers.

ALTER TABLE answer
    ADD COLUMN reasoning       text    NOT NULL DEFAULT '',
    ADD COLUMN n_reasoning     integer NOT NULL DEFAULT 0, -- of n_out
    ADD COLUMN abstained       boolean NOT NULL DEFAULT false,
    ADD COLUMN history         jsonb   NOT NULL DEFAULT '[]', -- oldest first: question, answer
    ADD COLUMN history_dropped integer NOT NULL DEFAULT 0,
    ADD COLUMN file_sha256     text,
    ADD COLUMN engine          text,
    ADD COLUMN prompt_sha256   text,
    ADD COLUMN load_average    double precision;
