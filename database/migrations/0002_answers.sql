-- Runs and answers: the log of everything that was asked, with every figure. Files are exports of it.

CREATE TABLE run (
    run_id     text PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT now(),
    plan       jsonb NOT NULL
);

CREATE TABLE answer (
    answer_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id           text REFERENCES run ON DELETE CASCADE, -- null: asked by hand
    answered_at      timestamptz NOT NULL DEFAULT now(),
    model            text NOT NULL,
    model_settings   jsonb NOT NULL,
    product_id       text NOT NULL,
    question         text NOT NULL,
    passages         jsonb NOT NULL, -- best first: review_id, number, score, text; [1] is the first
    dropped          integer NOT NULL,
    answer           text NOT NULL,
    stop_reason      text NOT NULL,
    words            integer NOT NULL,
    citations        integer[] NOT NULL,
    invalid_citations integer[] NOT NULL,
    mode             text NOT NULL,
    shared           boolean NOT NULL,
    machine          text NOT NULL,
    threads          integer NOT NULL,
    load_s           double precision NOT NULL,
    retrieval_s      double precision NOT NULL,
    queue_s          double precision NOT NULL,
    ttft_s           double precision,
    ttfo_s           double precision,
    e2e_s            double precision,
    tpot_s           double precision,
    decode_tok_s     double precision,
    prefill_tok_s    double precision,
    e2e_tok_s        double precision,
    words_per_s      double precision,
    n_prompt         integer NOT NULL,
    n_prompt_reused  integer NOT NULL,
    n_out            integer NOT NULL,
    peak_rss_bytes   bigint NOT NULL,
    pss_bytes        bigint,
    weights_bytes    bigint NOT NULL,
    kv_cache_bytes   bigint NOT NULL,
    compute_bytes    bigint NOT NULL,
    rest_bytes       bigint NOT NULL,
    predicted_bytes  bigint NOT NULL
);

CREATE INDEX answer_run ON answer (run_id);
