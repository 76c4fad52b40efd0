-- What a judge said, before it judged, of pairs of answers of which one is obviously right.

-- The judge's name → file_sha256 of its file (null: behind a server); chosen: for each pair the places that it chose
-- with the right answer first and second; marks: for each pair the sums of its marks, right and wrong.
ALTER TABLE run ADD COLUMN judge_trials jsonb NOT NULL DEFAULT '{}';
