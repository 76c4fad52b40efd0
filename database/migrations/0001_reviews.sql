-- Products, their reviews, and the reviews' passages with their vectors.

CREATE EXTENSION IF NOT EXISTS vector;

-- At most one row: which embedder made the vectors. Vectors of another one mean nothing beside them.
CREATE TABLE embedder (
    only_one   boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    name       text    NOT NULL,
    dimension  integer NOT NULL,
    metric     text    NOT NULL CHECK (metric IN ('cosine', 'dot')),
    normalized boolean NOT NULL
);

-- `id` rises in the order of first appearance; `product_id` is the first of its public ids.
CREATE TABLE product (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id text NOT NULL UNIQUE,
    name       text,
    brand      text,
    categories text
);

-- Every public id of a product, `product.product_id` included.
CREATE TABLE product_alias (
    alias   text   PRIMARY KEY,
    product bigint NOT NULL REFERENCES product (id) ON DELETE CASCADE
);
CREATE INDEX product_alias_product ON product_alias (product);

-- `review_id` is the source's id, or the content's hash where the source has none.
CREATE TABLE review (
    product      bigint NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    review_id    text   NOT NULL,
    title        text,
    text         text   NOT NULL,
    rating       double precision CHECK (rating BETWEEN 1 AND 5),
    written_on   date,
    reviewer     text,
    content_hash text   NOT NULL,
    PRIMARY KEY (product, review_id)
);
CREATE INDEX review_content ON review (product, content_hash);

-- The primary key, `product` first, is also the index of the exact search within a product.
CREATE TABLE passage (
    product      bigint  NOT NULL,
    review_id    text    NOT NULL,
    number       integer NOT NULL,
    text         text    NOT NULL,
    content_hash text    NOT NULL,
    embedding    vector  NOT NULL,
    PRIMARY KEY (product, review_id, number),
    FOREIGN KEY (product, review_id) REFERENCES review ON DELETE CASCADE ON UPDATE CASCADE
);
