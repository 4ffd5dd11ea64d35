CREATE OR REPLACE FUNCTION pgdispatch.version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT '@version@'::text $$;

COMMENT ON FUNCTION pgdispatch.version() IS
'The version of this schema, as major.minor.patch. A library works with every schema of its own major version that is not older than itself.';
