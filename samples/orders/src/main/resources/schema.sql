CREATE TABLE IF NOT EXISTS placed_order (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer text   NOT NULL,
    item     text   NOT NULL
);

CREATE TABLE IF NOT EXISTS stock (
    item   text    PRIMARY KEY,
    number integer NOT NULL CHECK (number >= 0)
);

INSERT INTO stock VALUES ('an engine', 10), ('a loom', 10) ON CONFLICT DO NOTHING;
