CREATE TABLE profile (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE welcome (name text NOT NULL);
CREATE TABLE greeting (text text NOT NULL);
