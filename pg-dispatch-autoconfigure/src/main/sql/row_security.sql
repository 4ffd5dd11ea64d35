-- What the policies of the tables call. It comes before the tables.

CREATE OR REPLACE FUNCTION pgdispatch.is_monitoring() RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN current_setting('pgdispatch.monitoring', true) IS NOT DISTINCT FROM 'on'
       AND CURRENT_USER = (SELECT pg_get_userbyid(c.relowner) FROM pg_class AS c WHERE c.oid = 'pgdispatch.job'::regclass);
END
$$;

COMMENT ON FUNCTION pgdispatch.is_monitoring() IS
'For the policies named monitoring. Returns whether pgdispatch.status_of_all_roles is running.';
