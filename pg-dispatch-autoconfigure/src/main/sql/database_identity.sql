-- The identity of the database. The tables come after this file, because one of them uses it as a default.

CREATE OR REPLACE FUNCTION pgdispatch.database_id() RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.system_identifier || '/' || d.oid
      FROM pg_control_system() AS s,
           pg_database AS d
     WHERE d.datname = current_database()
$$;

COMMENT ON FUNCTION pgdispatch.database_id() IS
'Returns an identifier of this database that a database restored from its dump does not share.';
