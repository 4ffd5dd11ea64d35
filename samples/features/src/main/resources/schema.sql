-- The tables of the examples. pg-dispatch knows nothing of them.
CREATE TABLE IF NOT EXISTS profile (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE IF NOT EXISTS mail (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, recipient text NOT NULL, text text NOT NULL);
