-- Answers that are a choice: which sentences were quoted, and what the model added in its own words.

ALTER TABLE answer
    ADD COLUMN answers  text  NOT NULL DEFAULT 'free', -- or 'verbatim'
    ADD COLUMN quotes   jsonb NOT NULL DEFAULT '[]', -- in the order chosen: passage (from 1), review_id, start, end, text
    ADD COLUMN own_line text  NOT NULL DEFAULT '';
