-- A model behind a server has no memory, load time or threads that we know, and not every server counts tokens.

ALTER TABLE answer
    ALTER COLUMN threads DROP NOT NULL,
    ALTER COLUMN load_s DROP NOT NULL,
    ALTER COLUMN n_prompt DROP NOT NULL,
    ALTER COLUMN n_prompt_reused DROP NOT NULL,
    ALTER COLUMN n_out DROP NOT NULL,
    ALTER COLUMN n_reasoning DROP NOT NULL,
    ALTER COLUMN peak_rss_bytes DROP NOT NULL,
    ALTER COLUMN weights_bytes DROP NOT NULL,
    ALTER COLUMN kv_cache_bytes DROP NOT NULL,
    ALTER COLUMN compute_bytes DROP NOT NULL,
    ALTER COLUMN rest_bytes DROP NOT NULL,
    ALTER COLUMN predicted_bytes DROP NOT NULL;
