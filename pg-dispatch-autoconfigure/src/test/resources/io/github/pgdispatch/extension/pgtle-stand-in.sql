-- Stands in for pg_tle: keeps what it is given, with the signatures and the refusals that pg_tle documents.

CREATE SCHEMA pgtle;

CREATE TABLE pgtle.script (
    position     integer GENERATED ALWAYS AS IDENTITY,
    name         text NOT NULL,
    from_version text,
    version      text NOT NULL,
    sql          text NOT NULL,
    UNIQUE (name, from_version, version)
);

CREATE TABLE pgtle.default_version (name text PRIMARY KEY, version text NOT NULL);

GRANT USAGE ON SCHEMA pgtle TO PUBLIC;
GRANT SELECT ON pgtle.script, pgtle.default_version TO PUBLIC;

CREATE FUNCTION pgtle.refuse(VARIADIC texts text[]) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF texts[1] !~ '^[[:alnum:]_@-]+$' OR texts[1] ~ '--|^-|-$' THEN
        RAISE 'invalid extension name: %', texts[1];
    ELSIF array_to_string(texts, ' ') ~ '[$]_pgtle_[io]_[$]' THEN
        RAISE 'invalid character in extension definition';
    END IF;
END
$$;

CREATE FUNCTION pgtle.install_extension(
    name text, version text, description text, ext text, requires text[] DEFAULT NULL, schema text DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pgtle
AS $$
BEGIN
    PERFORM pgtle.refuse(name, version, description, ext);
    INSERT INTO pgtle.default_version VALUES (name, version);
    INSERT INTO pgtle.script (name, version, sql) VALUES (name, version, ext);
    RETURN true;
END
$$;

CREATE FUNCTION pgtle.install_extension_version_sql(name text, version text, ext text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pgtle
AS $$
BEGIN
    PERFORM pgtle.refuse(name, version, ext);
    INSERT INTO pgtle.script (name, version, sql) VALUES (name, version, ext);
    RETURN true;
END
$$;

CREATE FUNCTION pgtle.install_update_path(name text, fromvers text, tovers text, ext text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pgtle
AS $$
BEGIN
    PERFORM pgtle.refuse(name, fromvers, tovers, ext);
    INSERT INTO pgtle.script (name, from_version, version, sql) VALUES (name, fromvers, tovers, ext);
    RETURN true;
END
$$;

CREATE FUNCTION pgtle.set_default_version(name text, version text) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE pgtle.default_version AS d
       SET version = set_default_version.version
     WHERE d.name = set_default_version.name
       AND EXISTS (SELECT FROM pgtle.script AS s WHERE s.name = d.name AND s.version = set_default_version.version);
    IF NOT FOUND THEN
        RAISE 'there is no version % of %', version, name;
    END IF;
    RETURN true;
END
$$;

CREATE FUNCTION pgtle.available_extensions(OUT name name, OUT default_version text) RETURNS SETOF record
LANGUAGE sql
AS $$ SELECT d.name::name, d.version FROM pgtle.default_version AS d $$;

CREATE FUNCTION pgtle.available_extension_versions(OUT name name, OUT version text) RETURNS SETOF record
LANGUAGE sql
AS $$ SELECT s.name::name, s.version FROM pgtle.script AS s WHERE s.from_version IS NULL $$;

CREATE FUNCTION pgtle.extension_update_paths(name text, OUT source text, OUT target text, OUT path text) RETURNS SETOF record
LANGUAGE sql
AS $$
    SELECT s.from_version, s.version, s.from_version || '--' || s.version
      FROM pgtle.script AS s
     WHERE s.name = extension_update_paths.name AND s.from_version IS NOT NULL
$$;

-- As CREATE EXTENSION does, it runs the script of the default version, with the rights of whoever calls it.
CREATE PROCEDURE pgtle.stand_in_for_create_extension()
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE (SELECT s.sql FROM pgtle.script AS s JOIN pgtle.default_version AS d USING (name, version) WHERE s.from_version IS NULL);
END
$$;
