-- Runs that ask several times, and that go on where they were interrupted.

-- `tasks`, in the plan's order: product_id, question, labels, retrieval_s, matches. What was retrieved is kept, so that
-- a resumed run asks from the very same passages, whatever became of the reviews. `conditions`: the machine at the
-- beginning, and at each resumption. `failures` of the last attempt: model, reason.
ALTER TABLE run
    ADD COLUMN tasks      jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN conditions jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN failures   jsonb NOT NULL DEFAULT '[]';

-- Whose answer it is in its run ('mistral', 'mistral:verbatim'), null: asked by hand, or before runs had repeats; and
-- the how-manieth to its question, from 0.
ALTER TABLE answer
    ADD COLUMN contestant text,
    ADD COLUMN repeat     integer NOT NULL DEFAULT 0;

-- Each answer of a run is there once, also if the run is resumed twice at the same time. A question may be longer than
-- an entry of an index.
CREATE UNIQUE INDEX answer_planned ON answer (run_id, contestant, product_id, md5(question), repeat)
    WHERE contestant IS NOT NULL;
