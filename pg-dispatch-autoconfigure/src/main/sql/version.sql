-- The version of the schema, which the build fills in from versions.txt.

CREATE OR REPLACE FUNCTION pgdispatch.version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT '@version@' $$;

COMMENT ON FUNCTION pgdispatch.version() IS
'Returns the version of this schema as major.minor.patch. The library has a version of its own: a library works with a
schema of the major version that it was built for, if the schema is not older than the one in the library.
Example: SELECT pgdispatch.version()';
