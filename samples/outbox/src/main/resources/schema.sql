CREATE TABLE IF NOT EXISTS placed_order (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer text   NOT NULL,
    item     text   NOT NULL
);
